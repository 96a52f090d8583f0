// Every handler by name, for the table in routes.cc. What each does stands beside its row there.
#pragma once

#include "api/route.h"

namespace zo {

#define ZO_PLAIN(name) Task<Result<HttpReply>> name(ApiState& api, ApiRequest& request)
#define ZO_STREAM(name) Task<Result<>> name(ApiState& api, ApiRequest& request, HttpResponder& out)

// conversations_api.cc
ZO_PLAIN(list_conversations);
ZO_PLAIN(create_conversation);
ZO_PLAIN(show_conversation);
ZO_PLAIN(change_conversation);
ZO_PLAIN(delete_conversation);
ZO_PLAIN(export_conversation);
ZO_PLAIN(list_messages);
ZO_PLAIN(show_version);
ZO_PLAIN(post_message);
ZO_PLAIN(edit_message);
ZO_PLAIN(regenerate_message);
ZO_PLAIN(remove_message);
ZO_PLAIN(list_runs);
ZO_PLAIN(show_run);
ZO_PLAIN(cancel_run);
ZO_STREAM(watch_run);
ZO_PLAIN(show_output);
ZO_PLAIN(free_outputs);
// events_api.cc
ZO_STREAM(watch_changes);
// ask_api.cc
ZO_STREAM(ask);
ZO_PLAIN(models_available);
// openai_api.cc
ZO_STREAM(chat_completions);
ZO_PLAIN(list_openai_models);
ZO_PLAIN(show_openai_model);
// files_api.cc
ZO_PLAIN(list_files);
ZO_STREAM(download_file);
ZO_PLAIN(upload_file);
ZO_PLAIN(show_file);
ZO_PLAIN(link_file);
ZO_STREAM(follow_link);
// file_changes_api.cc
ZO_PLAIN(remove_file);
ZO_PLAIN(make_folder);
ZO_PLAIN(move_file);
ZO_PLAIN(trash_file);
ZO_PLAIN(list_trash);
ZO_PLAIN(empty_trash);
ZO_PLAIN(restore_file);
ZO_PLAIN(discard_file);
// account_api.cc
ZO_PLAIN(use_setup_link);
ZO_PLAIN(make_setup_link);
ZO_PLAIN(list_tokens);
ZO_PLAIN(create_token);
ZO_PLAIN(revoke_token);
// approvals_api.cc
ZO_PLAIN(list_approvals);
ZO_PLAIN(show_approval);
ZO_PLAIN(allow_approval);
ZO_PLAIN(refuse_approval);
ZO_PLAIN(show_hook);
ZO_PLAIN(set_hook);
ZO_PLAIN(list_policies);
ZO_PLAIN(set_policy);
ZO_PLAIN(remove_policy);
// door_api.cc
ZO_PLAIN(list_door_rules);
ZO_PLAIN(allow_host);
ZO_PLAIN(revoke_host);
ZO_PLAIN(show_door_log);
// automations_api.cc
ZO_PLAIN(list_automations);
ZO_PLAIN(add_automation);
ZO_PLAIN(preview_automation);
ZO_PLAIN(show_automation);
ZO_PLAIN(change_automation);
ZO_PLAIN(remove_automation);
ZO_PLAIN(run_automation);
ZO_PLAIN(pause_automation);
ZO_PLAIN(resume_automation);
ZO_PLAIN(show_automation_history);
ZO_PLAIN(show_calendar);
ZO_PLAIN(call_hook);
// mail_api.cc
ZO_PLAIN(show_mail);
ZO_PLAIN(set_mail);
ZO_PLAIN(remove_mail);
ZO_PLAIN(test_mail);
// jobs_api.cc
ZO_PLAIN(list_jobs);
ZO_PLAIN(show_job);
ZO_PLAIN(why_job);
ZO_PLAIN(show_job_log);
ZO_PLAIN(cancel_job);
ZO_PLAIN(retry_job);
ZO_PLAIN(list_queues);
ZO_PLAIN(set_queue);
// limit_api.cc
ZO_PLAIN(list_limits);
ZO_PLAIN(set_limit);
// computer_api.cc
ZO_PLAIN(health);
ZO_PLAIN(show_computer);
ZO_PLAIN(finish_setup);
ZO_PLAIN(use_workspace);
ZO_PLAIN(set_quota);
ZO_PLAIN(list_examples);
ZO_PLAIN(list_tools);
ZO_PLAIN(list_models);
ZO_PLAIN(use_model);
ZO_PLAIN(show_quirks);
ZO_PLAIN(forget_quirks);
ZO_PLAIN(test_model);
ZO_PLAIN(refresh_models);
ZO_PLAIN(show_openapi);
// keys_api.cc
ZO_PLAIN(list_providers);
ZO_PLAIN(list_keys);
ZO_PLAIN(add_key);
ZO_PLAIN(take_key);
ZO_PLAIN(choose_key);
ZO_PLAIN(remove_key);
ZO_PLAIN(test_key);
ZO_PLAIN(rotate_keys);
// secrets_api.cc
ZO_PLAIN(list_secrets);
ZO_PLAIN(set_secret);
ZO_PLAIN(remove_secret);
// docs.cc
ZO_PLAIN(show_docs);

#undef ZO_PLAIN
#undef ZO_STREAM

}  // namespace zo
