// The commands, as arguments.cc has read them from the command line: one struct of choices and one function each. Every function
// returns the exit code and has said on standard error why it is not 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cmd/client.h"

namespace zo {

struct AskOptions {
  ServerChoice server;
  std::vector<std::string> words;  // the text; "-" stands for standard input
  std::vector<std::string> files;  // uploaded to the workspace and attached
  std::string conversation;
  std::string model;
  bool json = false;
  bool quiet = false;
};
int ask(const AskOptions& options);

struct ChatOptions {
  ServerChoice server;
  std::string conversation;
  bool goes_on = false;  // with the conversation in which something happened last
  std::string model;
};
int chat(const ChatOptions& options);

struct ConversationsOptions {
  ServerChoice server;
  std::string search;
  std::string id;
  std::vector<std::string> words;  // what its runs reach of the network
  bool json = false;
};
int conversations_list(const ConversationsOptions& options);
int conversations_egress(const ConversationsOptions& options);

struct StopOptions {
  bool quiet = false;
};
int stop(const StopOptions& options);

struct RunsOptions {
  ServerChoice server;
  std::string id;
  std::string state;
  bool json = false;
};
int runs_list(const RunsOptions& options);
int runs_show(const RunsOptions& options);
int runs_cancel(const RunsOptions& options);
int runs_free(const RunsOptions& options);

struct FileOptions {
  ServerChoice server;
  std::vector<std::string> paths;  // of list: none or one
  bool json = false;
};
int file_list(const FileOptions& options);
int file_remove(const FileOptions& options);

struct TokenOptions {
  ServerChoice server;
  std::string name;
  std::string scope;
  std::string tools;
  std::string models;
  std::string egress = "off";
  std::string asks = "wait";
  std::string id;
  bool stop_runs = false;
  bool json = false;
};
int token_create(const TokenOptions& options);
int token_list(const TokenOptions& options);
int token_revoke(const TokenOptions& options);

struct KeyOptions {
  ServerChoice server;
  std::string name;
  std::string provider;
  std::string base_url;
  std::string dialect;
  std::vector<std::string> headers;  // "X-Name: value"
  bool from_input = false;
  bool json = false;
};
int key_add(const KeyOptions& options);
int key_list(const KeyOptions& options);
int key_use(const KeyOptions& options);
int key_test(const KeyOptions& options);
int key_take(const KeyOptions& options);
int key_remove(const KeyOptions& options);
int key_rotate(const KeyOptions& options);

struct SecretOptions {
  ServerChoice server;
  std::string name;
  std::string host;    // HOST[:PORT]
  std::string header;  // "Authorization: Bearer {}"
  bool from_input = false;
  bool json = false;
};
int secret_set(const SecretOptions& options);
int secret_list(const SecretOptions& options);
int secret_remove(const SecretOptions& options);

struct DoorOptions {
  ServerChoice server;
  std::string host;  // HOST[:PORT]
  bool is_private = false;
  std::string run;
  bool json = false;
};
int door_allow(const DoorOptions& options);
int door_revoke(const DoorOptions& options);
int door_list(const DoorOptions& options);
int door_log(const DoorOptions& options);

struct ApprovalOptions {
  ServerChoice server;
  std::string id;
  std::string note;
  bool always = false;
  bool all = false;
  std::string hook;  // an address, or off
  bool ntfy = false;
  bool json = false;
};
int approvals_hook(const ApprovalOptions& options);
int approvals_list(const ApprovalOptions& options);
int approvals_show(const ApprovalOptions& options);
int approvals_allow(const ApprovalOptions& options);
int approvals_refuse(const ApprovalOptions& options);

struct PolicyOptions {
  ServerChoice server;
  std::string tool;
  std::string verdict;
  std::string bound;
  std::string token_id;
  std::string id;
  bool json = false;
};
int policy_list(const PolicyOptions& options);
int policy_set(const PolicyOptions& options);
int policy_remove(const PolicyOptions& options);

struct AutomationOptions {
  ServerChoice server;
  std::string name;  // or its id
  std::optional<std::string> new_name;
  std::optional<std::string> every;
  std::optional<std::string> zone;
  std::optional<std::string> start;
  std::optional<std::string> gap;
  std::optional<std::string> prompt;
  std::optional<std::string> model;
  std::optional<std::string> tools;
  std::optional<std::string> egress;
  std::optional<std::string> conversation;  // an id, or new
  std::optional<std::string> catch_up;
  std::optional<std::string> catch_up_within;
  std::optional<std::string> overlap;
  std::optional<std::string> jitter;
  std::optional<std::string> time;
  std::optional<std::int64_t> tokens_a_day;
  std::vector<std::string> deliver;  // KIND=ADDRESS, or none alone
  std::optional<std::string> on_hook;
  std::optional<std::string> on_file;
  std::optional<std::string> after;  // a name, an id, or none
  std::optional<std::string> after_outcome;
  std::int64_t limit = 0;
  bool json = false;
};
int automation_add(const AutomationOptions& options);
int automation_edit(const AutomationOptions& options);
int automation_list(const AutomationOptions& options);
int automation_show(const AutomationOptions& options);
int automation_history(const AutomationOptions& options);
int automation_run(const AutomationOptions& options);
int automation_pause(const AutomationOptions& options);
int automation_resume(const AutomationOptions& options);
int automation_remove(const AutomationOptions& options);

struct MailOptions {
  ServerChoice server;
  std::string server_url;
  std::string user;
  std::string from;
  std::string to;
  bool from_input = false;
  bool json = false;
};
int mail_set(const MailOptions& options);
int mail_show(const MailOptions& options);
int mail_test(const MailOptions& options);
int mail_remove(const MailOptions& options);

struct JobOptions {
  ServerChoice server;
  std::string id;
  std::string state;
  std::string queue;
  std::int64_t limit = 0;  // 0: as many as are usual
  bool json = false;
};
int job_list(const JobOptions& options);
int job_show(const JobOptions& options);
int job_why(const JobOptions& options);
int job_cancel(const JobOptions& options);
int job_retry(const JobOptions& options);

struct QueueOptions {
  ServerChoice server;
  std::string name;     // empty or "all": all of them
  std::string at_once;  // a number, or none
  std::string rate;     // 30/1min, or none
  bool json = false;
};
int queue_list(const QueueOptions& options);
int queue_pause(const QueueOptions& options);
int queue_resume(const QueueOptions& options);
int queue_set(const QueueOptions& options);

struct LimitOptions {
  ServerChoice server;
  std::string name;
  std::string value;  // as people write it; "default" takes it back
  bool json = false;
};
int limit_list(const LimitOptions& options);
int limit_set(const LimitOptions& options);

struct RecurrenceOptions {};  // all of it stands on standard input
int recurrence_expand(const RecurrenceOptions& options);

struct SetupLinkOptions {
  ServerChoice server;
  bool json = false;
};
int setup_link(const SetupLinkOptions& options);

struct WorkspaceOptions {
  std::string folder;
  std::string quota;
  bool json = false;
};
int workspace_show(const WorkspaceOptions& options);
int workspace_use(const WorkspaceOptions& options);
int workspace_quota(const WorkspaceOptions& options);

struct ModelOptions {
  ServerChoice server;
  std::string name;
  bool json = false;
};
int model_list(const ModelOptions& options);
int model_use(const ModelOptions& options);
int model_test(const ModelOptions& options);
int model_show(const ModelOptions& options);
int model_forget(const ModelOptions& options);

struct InstallOptions {
  std::string source;  // a GGUF file or its address; empty: the pinned model
  std::string sha256;
  bool small = false;
  bool yes = false;
  bool if_missing = false;
};
int model_install(const InstallOptions& options);

struct SandboxOptions {
  std::string workspace;
  std::int64_t time_s = 0;  // 0: as the agent's
  std::string egress;       // off, allowlist, open-public; empty: as `allow` says
  std::vector<std::string> allow;  // hosts and presets
  std::vector<std::string> command;
};
int sandbox_run(const SandboxOptions& options);

struct DoctorOptions {
  bool json = false;
};
int doctor(const DoctorOptions& options);

}  // namespace zo
