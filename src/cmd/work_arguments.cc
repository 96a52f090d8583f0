// The words of `zo automation`, `zo job`, `zo queue`, `zo recurrence` and `zo mail`.
#include "cmd/line.h"

namespace zo {
namespace {

void add_automation_wish(CLI::App* app, AutomationOptions& options) {
  app->add_option("--every", options.every, "When: 'every 90m', 'every weekday at 8', a line of cron, RFC 5545, ISO 8601")->type_name("RULE");
  app->add_option("--prompt", options.prompt, "What is to be done")->type_name("TEXT");
  app->add_option("--zone", options.zone, "Whose clocks it goes by; the machine's unless you say")->type_name("ZONE");
  app->add_option("--start", options.start, "From when on, like 2026-03-01T09:00:00; now unless you say")->type_name("TIME");
  app->add_option("--gap", options.gap, "Of a time that a clock is put forward over: shift or skip")->type_name("WORD");
  app->add_option("--model", options.model, "provider/model; the one that answers unless you say")->type_name("NAME");
  app->add_option("--tools", options.tools, "all, none, or names with commas")->type_name("NAMES");
  app->add_option("--egress", options.egress, "What its commands reach: off, open-public, 'allowlist pip example.org'")->type_name("WORDS");
  app->add_option("--conversation", options.conversation, "Where it goes on each time; new: a new one each time")->type_name("ID");
  app->add_option("--catch-up", options.catch_up, "Of what was missed: latest, skip or all")->type_name("WORD");
  app->add_option("--catch-up-within", options.catch_up_within, "Made up for if it is not older; one period, at most a day, unless you say")->type_name("TIME");
  app->add_option("--overlap", options.overlap, "While an earlier one works: skip, buffer_one, allow or cancel_previous")->type_name("WORD");
  app->add_option("--jitter", options.jitter, "Within which it begins, always at the same distance")->type_name("TIME");
  app->add_option("--time", options.time, "One run's, at most")->type_name("TIME");
  app->add_option("--tokens-a-day", options.tokens_a_day, "Of all its runs")->type_name("N");
  app->add_option("--deliver", options.deliver, "Where its result goes, too: email=me@example.org, ntfy=https://…, web_hook=https://…, or none; may be repeated")->type_name("KIND=ADDRESS")->allow_extra_args(false);
  app->add_option("--on-hook", options.on_hook, "Whether a link starts it: yes or no")->type_name("YES");
  app->add_option("--on-file", options.on_file, "Files of the workspace that start it when they appear or change, like 'inbox/*.pdf'")->type_name("PATTERN");
  app->add_option("--after", options.after, "The automation whose end starts it; none: no longer")->type_name("NAME");
  app->add_option("--after-outcome", options.after_outcome, "Which end of it: any, succeeded or failed")->type_name("WORD");
}

void add_automation(Line& line) {
  auto options = std::make_shared<AutomationOptions>();
  CLI::App* group = add(line.app, "automation", "What starts agents without being asked", "zo automation list\nzo automation add --name notes --every 'every weekday at 8' --prompt 'Summarise notes.md'");
  CLI::App* make = add(*group, "add", "A new one; shows when it would come next", "zo automation add --name notes --every 'every weekday at 8' --prompt 'Summarise notes.md'\nzo automation add --name tidy --every '0 3 * * SUN' --zone Europe/Berlin --overlap skip --prompt '…' --json");
  make->add_option("--name", options->new_name, "What it is called")->type_name("NAME")->required();
  CLI::App* edit = add(*group, "edit", "What it does from now on", "zo automation edit notes --every 'every day at 9'\nzo automation edit notes --prompt '…'");
  edit->add_option("--name", options->new_name, "What it is called from now on")->type_name("NAME");
  for (CLI::App* app : {make, edit}) add_automation_wish(app, *options);
  CLI::App* list = add(*group, "list", "All of them, and when each comes next", "zo automation list\nzo automation list --json");
  CLI::App* show = add(*group, "show", "One, and its next times", "zo automation show notes");
  CLI::App* history = add(*group, "history", "What came of each time, the newest first", "zo automation history notes\nzo automation history notes --limit 200 --json");
  history->add_option("--limit", options->limit, "At most so many, up to 200; 50 unless you say")->type_name("N");
  CLI::App* run = add(*group, "run", "One time more, now; its times stay as they are", "zo automation run notes");
  CLI::App* pause = add(*group, "pause", "Nothing of it begins", "zo automation pause notes");
  CLI::App* resume = add(*group, "resume", "It goes on from its next time", "zo automation resume notes");
  CLI::App* remove = add(*group, "remove", "Remove it, with its history", "zo automation remove notes");
  for (CLI::App* app : {edit, show, history, run, pause, resume, remove}) app->add_option("automation", options->name, "Its name, or its id")->type_name("NAME")->required();
  for (CLI::App* app : {make, edit, list, show, history, run, pause, resume}) add_json(app, options->json);
  for (CLI::App* app : {make, edit, list, show, history, run, pause, resume, remove}) add_server(app, options->server);
  runs(line, make, options, automation_add);
  runs(line, edit, options, automation_edit);
  runs(line, list, options, automation_list);
  runs(line, show, options, automation_show);
  runs(line, history, options, automation_history);
  runs(line, run, options, automation_run);
  runs(line, pause, options, automation_pause);
  runs(line, resume, options, automation_resume);
  runs(line, remove, options, automation_remove);
}

void add_job(Line& line) {
  auto options = std::make_shared<JobOptions>();
  CLI::App* group = add(line.app, "job", "What waits and why, what runs, what became of the rest", "zo job list\nzo job why 01J9Z…");
  CLI::App* list = add(*group, "list", "The newest first", "zo job list --state running\nzo job list --queue runs --limit 200 --json");
  list->add_option("--state", options->state, "blocked, scheduled, ready, running, succeeded, failed, dead or cancelled")->type_name("STATE");
  list->add_option("--queue", options->queue, "Of that queue alone")->type_name("QUEUE");
  list->add_option("--limit", options->limit, "At most so many; 50 unless you say")->type_name("N");
  CLI::App* show = add(*group, "show", "One job, and what became of it so far", "zo job show 01J9Z…\nzo job show 01J9Z… --json");
  CLI::App* why = add(*group, "why", "Why it stands as it does", "zo job why 01J9Z…");
  CLI::App* cancel = add(*group, "cancel", "End it", "zo job cancel 01J9Z…");
  CLI::App* retry = add(*group, "retry", "Once more what has ended badly", "zo job retry 01J9Z…");
  for (CLI::App* app : {show, why, cancel, retry}) app->add_option("id", options->id, "The job's id; of a run the run's")->type_name("ID")->required();
  for (CLI::App* app : {list, show, why, cancel, retry}) {
    add_json(app, options->json);
    add_server(app, options->server);
  }
  runs(line, list, options, job_list);
  runs(line, show, options, job_show);
  runs(line, why, options, job_why);
  runs(line, cancel, options, job_cancel);
  runs(line, retry, options, job_retry);
}

void add_queue(Line& line) {
  auto options = std::make_shared<QueueOptions>();
  CLI::App* group = add(line.app, "queue", "The queues of jobs, and what bounds them", "zo queue list\nzo queue pause runs");
  CLI::App* list = add(*group, "list", "What waits, what runs, what bounds them", "zo queue list\nzo queue list --json");
  CLI::App* pause = add(*group, "pause", "Nothing more of it begins; what runs goes on", "zo queue pause runs\nzo queue pause");
  CLI::App* resume = add(*group, "resume", "What waits begins again", "zo queue resume runs\nzo queue resume");
  for (CLI::App* app : {pause, resume}) app->add_option("queue", options->name, "Its name; without one all of them")->type_name("QUEUE");
  CLI::App* set = add(*group, "set", "How many of it run, and begin", "zo queue set runs --at-once 4\nzo queue set runs --rate 30/1min");
  set->add_option("queue", options->name, "Its name")->type_name("QUEUE")->required();
  set->add_option("--at-once", options->at_once, "Jobs of it that run at the same time; or none")->type_name("N");
  set->add_option("--rate", options->rate, "Jobs of it that begin within a time, like 30/1min; or none")->type_name("N/TIME");
  for (CLI::App* app : {list, pause, resume, set}) {
    add_json(app, options->json);
    add_server(app, options->server);
  }
  runs(line, list, options, queue_list);
  runs(line, pause, options, queue_pause);
  runs(line, resume, options, queue_resume);
  runs(line, set, options, queue_set);
}

void add_recurrence(Line& line) {
  auto options = std::make_shared<RecurrenceOptions>();
  CLI::App* group = add(line.app, "recurrence", "When something recurs", "zo recurrence expand < rules.jsonl");
  CLI::App* expand = add(*group, "expand", "Reads a recurrence as JSON a line, with dtstart, tzid, rrule, rdate, exdate, limit and gap; writes its first occurrences as JSON a line",
                         "echo '{\"dtstart\":\"2026-03-01T09:00:00\",\"tzid\":\"Europe/Berlin\",\"rrule\":\"FREQ=DAILY\",\"limit\":3}' | zo recurrence expand");
  runs(line, expand, options, recurrence_expand);
}

void add_mail(Line& line) {
  auto options = std::make_shared<MailOptions>();
  CLI::App* group = add(line.app, "mail", "The server by which automations send e-mail", "zo mail set --server smtps://smtp.example.org:465 --user me --from me@example.org\nzo mail test me@example.org");
  CLI::App* set = add(*group, "set", "By that server; asks for the password, which is sealed", "zo mail set --server smtps://smtp.example.org:465 --user me --from me@example.org\nzo mail set --server smtp://localhost:25 --from zo@localhost");
  set->add_option("--server", options->server_url, "smtps://HOST:465, or smtp://HOST:587 that turns to TLS")->type_name("URL")->required();
  set->add_option("--from", options->from, "Whom it comes from")->type_name("ADDRESS")->required();
  set->add_option("--user", options->user, "Who signs in; without it nobody does")->type_name("NAME");
  set->add_flag("--stdin", options->from_input, "Read the password from standard input");
  CLI::App* show = add(*group, "show", "The server, without its password", "zo mail show\nzo mail show --json");
  CLI::App* test = add(*group, "test", "Send one, now", "zo mail test me@example.org");
  test->add_option("to", options->to, "Whom")->type_name("ADDRESS")->required();
  CLI::App* remove = add(*group, "remove", "Send none any more; the password is removed", "zo mail remove");
  for (CLI::App* app : {set, show}) add_json(app, options->json);
  for (CLI::App* app : {set, show, test, remove}) add_server(app, options->server);
  runs(line, set, options, mail_set);
  runs(line, show, options, mail_show);
  runs(line, test, options, mail_test);
  runs(line, remove, options, mail_remove);
}

}  // namespace

void add_work(Line& line) {
  add_automation(line);
  add_job(line);
  add_queue(line);
  add_mail(line);
  add_recurrence(line);
}

}  // namespace zo
