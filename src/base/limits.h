// Every bound of ZoClone that is not a setting, by name, so that "what happens when it is full" can be asked in one place.
#pragma once

#include <cstddef>
#include <cstdint>

namespace zo::limits {

inline constexpr std::size_t KiB = 1024;
inline constexpr std::size_t MiB = 1024 * KiB;

// Text and JSON from outside
inline constexpr std::size_t kJsonDepth = 64;            // deeper documents are refused
inline constexpr std::size_t kJsonBytes = 16 * MiB;      // larger documents are refused
inline constexpr std::size_t kInputBytes = 1 * MiB;      // one message of a person
inline constexpr std::size_t kInputFiles = 32;           // attached to one message
inline constexpr std::size_t kTitleChars = 200;
inline constexpr std::size_t kPageItems = 200;           // rows in one page of a list
inline constexpr std::size_t kPageItemsDefault = 50;

// HTTP, served
inline constexpr std::size_t kHttpHeadBytes = 32 * KiB;      // 431 above
inline constexpr std::size_t kHttpBodyBytes = 8 * MiB;       // 413 above
inline constexpr std::size_t kUploadBytes = 64 * MiB;        // 413 above
inline constexpr std::int64_t kHttpHeadMs = 15'000;          // first byte to end of head, then 408
inline constexpr std::int64_t kHttpBodyMs = 120'000;         // end of head to end of body, then 408
inline constexpr std::int64_t kHttpIdleMs = 75'000;          // keep-alive without a request, then closed
inline constexpr std::int64_t kHttpWriteMs = 30'000;         // one write that makes no progress, then cut
inline constexpr std::size_t kHttpOpenBodyBytes = 16 * KiB;  // of a route that needs no token; 413 above
inline constexpr std::size_t kHttpBodiesBytes = 128 * MiB;   // of all requests that are read or answered; a further one gets 503
inline constexpr std::size_t kHttpConnections = 4'096;       // of known clients; further ones get 503 and are closed
inline constexpr std::size_t kHttpStrangers = 64;            // that have shown no valid token; the longest idle one gives way
inline constexpr std::size_t kHttpNewcomers = 256;           // not judged yet, for a second or two; the oldest gives way
inline constexpr std::int64_t kSseCommentMs = 15'000;        // a comment so that proxies keep the stream
inline constexpr std::size_t kSseBatchBytes = 256 * KiB;     // one write to one reader

// HTTP, asked
inline constexpr std::size_t kSseLineBytes = 4 * MiB;        // a longer line from a provider ends the stream
inline constexpr std::size_t kReplyBytes = 16 * MiB;         // a whole answer that is not a stream
inline constexpr std::size_t kPipeChunks = 64;               // chunks between curl and the reader, then the transfer pauses
inline constexpr std::int64_t kConnectMs = 5'000;
inline constexpr std::int64_t kFirstByteMs = 600'000;        // local models load for minutes
inline constexpr std::int64_t kStreamIdleMs = 300'000;       // no byte in a running stream, then cut
inline constexpr std::size_t kTransfers = 1'024;             // at once; further ones wait

// The door
inline constexpr std::int64_t kResolveMs = 5'000;            // for a name; then it is told that it does not resolve
inline constexpr std::int64_t kNameKeptMs = 30'000;          // what it resolved to
inline constexpr std::size_t kNamesKept = 256;               // likewise; further ones are told `exhausted` while all are being asked for
inline constexpr std::size_t kDoorRules = 1'000;             // of a person
inline constexpr std::size_t kEgressRows = 10'000;           // of a person's log, the newest
inline constexpr std::size_t kEgressWaiting = 1'024;         // rows not yet written; the oldest are dropped, and counted
inline constexpr std::size_t kEgressShown = 500;             // of the log at once, the newest

// Tunnels: what a command in the sandbox reaches the network by
inline constexpr std::size_t kTunnelHeadBytes = 16 * KiB;    // of a request, and of a TLS client's first words; refused above
inline constexpr std::size_t kTunnelConnections = 64;        // of one sandbox; further ones wait in the system's queue
inline constexpr std::size_t kTunnelBufferBytes = 32 * KiB;  // one direction of one connection; then the sender waits
inline constexpr std::int64_t kTunnelHeadMs = 15'000;        // to the end of the head, and of those first words
inline constexpr std::int64_t kTunnelIdleMs = 300'000;       // no byte either way, then cut
inline constexpr std::int64_t kTunnelLifeMs = 3'600'000;     // of one connection
inline constexpr std::size_t kTunnelAddresses = 8;           // of one host; the rest is not tried

inline constexpr std::size_t kEventsInAPipe = 100'000;       // of one bare model's answer; a reader this slow loses it

// Store
inline constexpr std::size_t kJobsWaiting = 65'536;          // for the writer, and for the readers; more are told `exhausted`
inline constexpr std::size_t kWritesInOneCommit = 512;
inline constexpr std::size_t kReaders = 2;

// Feeds
inline constexpr std::size_t kFeedRingBytes = 512 * KiB;     // a run's live events held in RAM
inline constexpr std::size_t kFeedRingBytesMost = 8 * MiB;   // while a commit is awaited; further live events are lost, the end says all
inline constexpr std::int64_t kEventsInAnAttempt = 1'000'000'000;

// Agents
inline constexpr int kSteps = 40;
inline constexpr std::int64_t kTokensADay = 2'000'000;
inline constexpr std::int64_t kRunMs = 60 * 60 * 1'000;
inline constexpr std::size_t kRunsAtOnce = 256;              // further asks are told `exhausted`
inline constexpr std::size_t kCallsAtOnce = 4;               // tool calls of one step that work in parallel
inline constexpr std::size_t kCallsInAStep = 32;             // more in one answer: the rest is refused to the model
inline constexpr std::size_t kSubAgents = 8;                 // prompts of one spawn_agents call
inline constexpr int kAgentDepth = 2;                        // a sub-agent may not start others beyond this
inline constexpr std::size_t kMessagesWaiting = 32;          // queued into one run
inline constexpr std::size_t kVersionsKept = 50;            // of one place in a conversation that can be looked at, the newest
inline constexpr std::int64_t kLeaseMs = 60'000;
inline constexpr std::int64_t kLeaseRenewMs = 20'000;

// Tools and sandbox
inline constexpr std::int64_t kCommandMs = 120'000;
inline constexpr std::int64_t kCommandMsMax = 1'800'000;
inline constexpr std::size_t kCommandMemory = 2'048 * MiB;
inline constexpr std::size_t kCommandProcesses = 128;
inline constexpr std::uint64_t kRunDiskBytes = 10'000'000'000;  // added to the workspace by one run; or a tenth of what is free
inline constexpr std::size_t kOutputKept = 1 * MiB;          // of one tool call, head and tail, behind its handle
inline constexpr std::size_t kOutputRead = 64 * MiB;         // in all from one command, then it is cut
inline constexpr std::size_t kOutputShown = 16 * KiB;        // head and tail, given to the model and shown first
inline constexpr std::size_t kDiffBytes = 16 * KiB;          // shown of one edit
inline constexpr std::size_t kToolFileBytes = 1 * MiB;       // read_file, edit_file
inline constexpr std::size_t kListItems = 1'000;
inline constexpr std::int64_t kTrashMs = 30LL * 24 * 60 * 60 * 1'000;  // what was deleted can be put back; then it is gone
inline constexpr std::uint64_t kTrashBytes = 10'000'000'000;  // of all that was deleted; beyond, the oldest goes. The newest always stays
inline constexpr std::size_t kTrashItems = 200;              // likewise
inline constexpr std::size_t kSearchHits = 200;
inline constexpr std::size_t kSearchBytes = 256 * MiB;       // looked through by one search

}  // namespace zo::limits
