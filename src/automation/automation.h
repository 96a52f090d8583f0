// An automation: what starts an agent without being asked, and what came of each time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "automation/recurrence.h"
#include "base/allowance.h"
#include "base/id.h"
#include "queue/job.h"
#include "tool/taint.h"

namespace zo {

using AutomationId = Id<struct AutomationKind>;

// The queue in which each time that begins is a job.
inline constexpr std::string_view kAutomationsQueue = "automations";

namespace limits {
inline constexpr std::size_t kAutomations = 1'000;           // of a person
inline constexpr std::size_t kAutomationNameBytes = 100;
inline constexpr std::size_t kPromptBytes = 65'536;
inline constexpr std::size_t kCatchUpMost = 100;             // occurrences that `all` makes up for, the newest
inline constexpr std::size_t kMissedRows = 1'000;            // told one by one, the newest; those before them in one row
inline constexpr std::size_t kOccurrencesWalked = 100'000;   // of one sleep; beyond, only the newest are told
inline constexpr std::int64_t kOnTimeMs = 60'000;            // so late is on time
inline constexpr std::int64_t kCatchUpMs = 24LL * 60 * 60 * 1'000;  // usually; or one period, if that is less
inline constexpr std::int64_t kJitterMsMost = 24LL * 60 * 60 * 1'000;
inline constexpr int kFailuresToPause = 10;                  // one after the other
inline constexpr std::int64_t kOccurrencesKept = 2'000;      // of an automation, the newest
inline constexpr std::size_t kNextShown = 5;
inline constexpr std::size_t kDestinations = 8;              // of an automation
inline constexpr std::size_t kDestinationBytes = 2'048;
inline constexpr std::size_t kTriggerInputBytes = 16'384;    // that a hook, a file or another automation brings; cut above
inline constexpr std::size_t kPatternBytes = 500;            // of files
inline constexpr std::size_t kFollowers = 16;                // automations that start behind the same one
inline constexpr std::size_t kCalendarItems = 2'000;
inline constexpr std::size_t kHookCallsAMinute = 60;         // of one link
inline constexpr std::size_t kHookBodyBytes = 65'536;
inline constexpr int kChainMost = 8;                         // of automations, each behind another
}  // namespace limits

// What becomes of occurrences that were missed while nothing ran here.
enum class CatchUp { Latest, Skip, All };
// What becomes of one that is due while an earlier one works.
enum class Overlap { Skip, BufferOne, Allow, CancelPrevious };
// Why it began, or was to.
enum class Cause { Time, Person, Hook, File, Automation };
// begun: a job is there for it. The rest is over.
enum class OccurrenceState { Begun, Succeeded, Failed, Cancelled, Missed, Skipped };

// How what came of it is told: as JSON to a web hook, as ntfy.sh and its kin take it, by e-mail.
enum class DeliveryKind { WebHook, Ntfy, Email };
// After which end of another automation it starts.
enum class OnOutcome { Any, Succeeded, Failed };

std::string_view catch_up_name(CatchUp what);
std::optional<CatchUp> catch_up_from_name(std::string_view name);
std::string_view overlap_name(Overlap what);
std::optional<Overlap> overlap_from_name(std::string_view name);
std::string_view cause_name(Cause cause);
Cause cause_from_name(std::string_view name);
std::string_view occurrence_state_name(OccurrenceState state);
OccurrenceState occurrence_state_from_name(std::string_view name);
std::string_view delivery_kind_name(DeliveryKind kind);
std::optional<DeliveryKind> delivery_kind_from_name(std::string_view name);
std::string_view on_outcome_name(OnOutcome what);
std::optional<OnOutcome> on_outcome_from_name(std::string_view name);
std::string_view gap_name(Gap gap);
std::optional<Gap> gap_from_name(std::string_view name);

struct Destination {
  DeliveryKind kind = DeliveryKind::WebHook;
  std::string to;  // an address: https://…, or me@example.org
  bool operator==(const Destination&) const = default;
};

// What a person says of an automation.
struct AutomationWish {
  std::string name;
  std::string every;    // the rule, as people write it; empty: no time starts it
  std::string zone;     // empty: the machine's
  std::string start;    // "2026-03-01T09:00:00" on the wall of the zone; empty: now
  Gap gap = Gap::Shift;
  std::string prompt;
  std::string model;
  Allowance tools = Allowance::everything();
  std::string egress = "off";
  std::optional<ConversationId> conversation = {};  // none: a new one each time
  CatchUp catch_up = CatchUp::Latest;
  std::int64_t catch_up_ms = 0;
  Overlap overlap = Overlap::Skip;
  std::int64_t jitter_ms = 0;
  std::int64_t run_ms_most = 0;
  std::int64_t tokens_a_day = 0;
  std::vector<Destination> deliver = {};  // beside its conversation
  bool on_hook = false;                   // it has a link, and whoever calls that starts it
  std::string on_file = {};               // "inbox/*.pdf": it starts when such a file of the workspace appears or changes
  std::string on_automation = {};         // the name or id of another; kept as its id
  OnOutcome on_outcome = OnOutcome::Any;
  // Of an agent that makes one: by whose token it runs, and what it has seen, both of which hold for its runs.
  TokenId token = {};
  Taint taint = {};
};

struct Automation {
  AutomationId id;
  PersonId person_id;
  AutomationWish wish;       // `every` as it was typed
  std::string rule;          // canonical
  std::string zone_version;
  std::int64_t rev = 0;
  std::optional<TimeMs> next_at;
  std::optional<TimeMs> due_at;
  std::string last_wall;  // the latest that was due, on the wall
  std::string hook_secret;  // of its link; empty: it has none
  int failures = 0;
  std::optional<TimeMs> held_until_at;
  std::optional<TimeMs> paused_at;
  std::string paused_reason;
  TimeMs created_at = 0;
  TimeMs updated_at = 0;
  std::string problem = {};  // why its files are not watched; as Automations tells it
};

struct Occurrence {
  AutomationId automation_id;
  TimeMs at = 0;
  Cause cause = Cause::Time;
  std::string cause_detail;
  OccurrenceState state = OccurrenceState::Begun;
  std::string reason;
  std::int64_t late_ms = 0;
  std::optional<JobId> job_id;
  std::optional<RunId> run_id;
  std::optional<ConversationId> conversation_id;
  std::int64_t tokens = 0;
  TimeMs created_at = 0;
  std::optional<TimeMs> finished_at;
  std::string input = {};        // what started it brought
  int depth = 0;                 // automations behind which it began
  std::string undelivered = {};  // where what came of it could not be told, and why
};

// The plan behind it, for asking what comes when. Invalid when its zone is gone from this machine.
Result<RecurrencePlan> plan_of(const Automation& automation);
// Always the same for the same automation, within its jitter: so that many at the full hour do not begin at once.
std::int64_t jitter_of(const AutomationId& id, std::int64_t jitter_ms);
// What whoever calls its link without the secret sends with the body: "sha256=" and HMAC-SHA-256 in hex.
std::string hook_signature(std::string_view secret, std::string_view body);
// "2026-03-01 09:00 Europe/Berlin".
std::string local_text(TimeMs at, const Zone& zone);

}  // namespace zo
