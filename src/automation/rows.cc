#include "automation/rows.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/json.h"

namespace zo {
namespace {

#define ZO_AUTOMATION_COLUMNS                                                                                              \
  "id, person_id, name, typed, rule, starts_at, zone, zone_version, gap, prompt, model, tools, egress, conversation_id, " \
  "catch_up, catch_up_ms, overlap, jitter_ms, run_ms_most, tokens_a_day, rev, next_at, due_at, failures, held_until_at, " \
  "paused_at, paused_reason, created_at, updated_at, last_wall, deliver, hook_secret, on_file, on_automation_id, on_outcome, token_id, taint"

std::string text_of(const std::vector<Destination>& all) {
  JsonArray items;
  for (const Destination& one : all) items.push_back(JsonArray{delivery_kind_name(one.kind), one.to});
  return to_text(Json(std::move(items)));
}

std::vector<Destination> destinations_from_text(std::string_view text) {
  std::vector<Destination> all;
  const Result<Json> items = parse_json(text, "destinations");
  if (!items || !items->is_array()) return all;
  for (const Json& one : items->as_array()) {
    const JsonArray* pair = one.if_array();
    if (pair == nullptr || pair->size() != 2 || !pair->front().is_string() || !pair->back().is_string()) continue;
    const auto kind = delivery_kind_from_name(std::string_view(pair->front().as_string()));
    if (kind) all.push_back({*kind, std::string(pair->back().as_string())});
  }
  return all;
}

Automation read_automation(const Rows& rows) {
  Automation a;
  AutomationWish& w = a.wish;
  a.id = rows.id<AutomationId>(0);
  a.person_id = rows.id<PersonId>(1);
  w.name = rows.string(2);
  w.every = rows.string(3);
  a.rule = rows.string(4);
  w.start = rows.string(5);
  w.zone = rows.string(6);
  a.zone_version = rows.string(7);
  w.gap = gap_from_name(rows.text(8)).value_or(Gap::Shift);
  w.prompt = rows.string(9);
  w.model = rows.string(10);
  w.tools = Allowance::from_text(rows.text(11));
  w.egress = rows.string(12);
  if (!rows.is_null(13)) w.conversation = rows.id<ConversationId>(13);
  w.catch_up = catch_up_from_name(rows.text(14)).value_or(CatchUp::Latest);
  w.catch_up_ms = rows.integer(15);
  w.overlap = overlap_from_name(rows.text(16)).value_or(Overlap::Skip);
  w.jitter_ms = rows.integer(17);
  w.run_ms_most = rows.integer(18);
  w.tokens_a_day = rows.integer(19);
  a.rev = rows.integer(20);
  a.next_at = rows.optional_integer(21);
  a.due_at = rows.optional_integer(22);
  a.failures = static_cast<int>(rows.integer(23));
  a.held_until_at = rows.optional_integer(24);
  a.paused_at = rows.optional_integer(25);
  a.paused_reason = rows.string(26);
  a.created_at = rows.integer(27);
  a.updated_at = rows.integer(28);
  a.last_wall = rows.string(29);
  w.deliver = destinations_from_text(rows.text(30));
  a.hook_secret = rows.string(31);
  w.on_hook = !a.hook_secret.empty();
  w.on_file = rows.string(32);
  w.on_automation = rows.string(33);
  w.on_outcome = on_outcome_from_name(rows.text(34)).value_or(OnOutcome::Any);
  w.token = rows.id<TokenId>(35);
  w.taint = Taint::from_text(rows.text(36));
  return a;
}

#define ZO_OCCURRENCE_COLUMNS \
  "automation_id, at, cause, cause_detail, state, reason, late_ms, job_id, run_id, conversation_id, tokens, created_at, finished_at, input, depth, undelivered"

Occurrence read_occurrence(const Rows& rows) {
  Occurrence o;
  o.automation_id = rows.id<AutomationId>(0);
  o.at = rows.integer(1);
  o.cause = cause_from_name(rows.text(2));
  o.cause_detail = rows.string(3);
  o.state = occurrence_state_from_name(rows.text(4));
  o.reason = rows.string(5);
  o.late_ms = rows.integer(6);
  if (!rows.is_null(7)) o.job_id = rows.id<JobId>(7);
  if (!rows.is_null(8)) o.run_id = rows.id<RunId>(8);
  if (!rows.is_null(9)) o.conversation_id = rows.id<ConversationId>(9);
  o.tokens = rows.integer(10);
  o.created_at = rows.integer(11);
  o.finished_at = rows.optional_integer(12);
  o.input = rows.string(13);
  o.depth = static_cast<int>(rows.integer(14));
  o.undelivered = rows.string(15);
  return o;
}

constexpr std::int64_t kDayMs = 24LL * 60 * 60 * 1'000;

// A column that holds no empty text.
std::optional<std::string_view> filled(std::string_view text) { return text.empty() ? std::nullopt : std::optional(text); }

std::optional<TimeMs> due_of(const Automation& automation, const std::optional<TimeMs>& next_at) {
  if (!next_at) return std::nullopt;
  return *next_at + jitter_of(automation.id, automation.wish.jitter_ms);
}

}  // namespace

std::optional<Automation> find_automation(Transaction& tx, const PersonId& person, const AutomationId& id) {
  const auto rows = tx.query("SELECT " ZO_AUTOMATION_COLUMNS " FROM automations WHERE id = ? AND person_id = ?", id, person);
  if (!rows->next()) return std::nullopt;
  return read_automation(*rows);
}

std::optional<Automation> find_automation(Transaction& tx, const PersonId& person, std::string_view name) {
  const auto rows = tx.query("SELECT " ZO_AUTOMATION_COLUMNS " FROM automations WHERE person_id = ? AND (name = ? OR id = ?)", person, name, name);
  if (!rows->next()) return std::nullopt;
  return read_automation(*rows);
}

std::optional<Automation> find_automation_of_link(Transaction& tx, const AutomationId& id) {
  const auto rows = tx.query("SELECT " ZO_AUTOMATION_COLUMNS " FROM automations WHERE id = ? AND hook_secret <> ''", id);
  if (!rows->next()) return std::nullopt;
  return read_automation(*rows);
}

bool has_any_automation(Transaction& tx) { return tx.number("SELECT 1 FROM automations LIMIT 1") == 1; }

std::vector<Automation> list_automations(Transaction& tx, const PersonId& person) {
  std::vector<Automation> all;
  const auto rows = tx.query("SELECT " ZO_AUTOMATION_COLUMNS " FROM automations WHERE person_id = ? ORDER BY name", person);
  while (rows->next()) all.push_back(read_automation(*rows));
  return all;
}

std::vector<Automation> due_automations(Transaction& tx, TimeMs now) {
  std::vector<Automation> due;
  const auto rows = tx.query("SELECT " ZO_AUTOMATION_COLUMNS " FROM automations WHERE due_at <= ? AND paused_at IS NULL ORDER BY due_at LIMIT 50", now);
  while (rows->next()) due.push_back(read_automation(*rows));
  return due;
}

std::vector<Automation> planned_automations(Transaction& tx) {
  std::vector<Automation> all;
  const auto rows = tx.query("SELECT " ZO_AUTOMATION_COLUMNS " FROM automations WHERE due_at IS NOT NULL AND paused_at IS NULL ORDER BY due_at LIMIT 10000");
  while (rows->next()) all.push_back(read_automation(*rows));
  return all;
}

std::vector<Automation> automations_of_other_tzdata(Transaction& tx, std::string_view version) {
  std::vector<Automation> all;
  const auto rows = tx.query("SELECT " ZO_AUTOMATION_COLUMNS " FROM automations WHERE zone_version <> ? AND rule <> '' ORDER BY id LIMIT 10000", version);
  while (rows->next()) all.push_back(read_automation(*rows));
  return all;
}

std::optional<TimeMs> next_due(Transaction& tx) {
  const auto rows = tx.query("SELECT MIN(due_at) FROM automations WHERE due_at IS NOT NULL AND paused_at IS NULL");
  return rows->next() ? rows->optional_integer(0) : std::nullopt;
}

Result<> insert_automation(Transaction& tx, const Automation& a) {
  const AutomationWish& w = a.wish;
  if (tx.number("SELECT COUNT(*) FROM automations WHERE person_id = ?", a.person_id) >= static_cast<std::int64_t>(limits::kAutomations))
    return fail(Code::Exhausted, fmt::format("there are {} automations, limit {}", limits::kAutomations, limits::kAutomations), "zo automation remove NAME");
  const std::int64_t inserted = tx.change(
      "INSERT INTO automations (id, person_id, name, typed, rule, starts_at, zone, zone_version, gap, prompt, model, tools, egress, conversation_id, catch_up, catch_up_ms, "
      "overlap, jitter_ms, run_ms_most, tokens_a_day, rev, next_at, due_at, last_wall, failures, paused_reason, created_at, updated_at, deliver, hook_secret, on_file, "
      "on_automation_id, on_outcome, token_id, taint) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, '', 0, '', ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
      a.id, a.person_id, w.name, w.every, a.rule, w.start, w.zone, a.zone_version, gap_name(w.gap), w.prompt, w.model, w.tools.text(), w.egress, w.conversation,
      catch_up_name(w.catch_up), w.catch_up_ms, overlap_name(w.overlap), w.jitter_ms, w.run_ms_most, w.tokens_a_day, a.next_at, due_of(a, a.next_at), a.created_at, a.created_at, text_of(w.deliver), a.hook_secret,
      w.on_file, filled(w.on_automation), on_outcome_name(w.on_outcome), w.token, w.taint.text());
  if (inserted == 1) return {};
  return fail(Code::Conflict, "there is an automation '" + w.name + "' already", "zo automation edit " + w.name);
}

bool update_automation(Transaction& tx, const Automation& a, std::int64_t rev) {
  const AutomationWish& w = a.wish;
  return tx.change(
             "UPDATE automations SET name = ?, typed = ?, rule = ?, starts_at = ?, zone = ?, zone_version = ?, gap = ?, prompt = ?, model = ?, tools = ?, egress = ?, "
             "conversation_id = ?, catch_up = ?, catch_up_ms = ?, overlap = ?, jitter_ms = ?, run_ms_most = ?, tokens_a_day = ?, next_at = ?, due_at = ?, failures = ?, "
             "held_until_at = ?, paused_at = ?, paused_reason = ?, last_wall = ?, deliver = ?, hook_secret = ?, files_seen = CASE WHEN on_file = ? THEN files_seen ELSE '' END, "
             "on_file = ?, on_automation_id = ?, on_outcome = ?, rev = rev + 1, updated_at = ? WHERE id = ? AND person_id = ? AND rev = ? "
             "AND NOT EXISTS (SELECT 1 FROM automations AS other WHERE other.person_id = ? AND other.name = ? AND other.id <> ?)",
             w.name, w.every, a.rule, w.start, w.zone, a.zone_version, gap_name(w.gap), w.prompt, w.model, w.tools.text(), w.egress, w.conversation, catch_up_name(w.catch_up),
             w.catch_up_ms, overlap_name(w.overlap), w.jitter_ms, w.run_ms_most, w.tokens_a_day, a.next_at, due_of(a, a.next_at), a.failures, a.held_until_at, a.paused_at,
             a.paused_reason, a.last_wall, text_of(w.deliver), a.hook_secret, w.on_file, w.on_file, filled(w.on_automation), on_outcome_name(w.on_outcome), a.updated_at, a.id, a.person_id, rev, a.person_id, w.name, a.id) == 1;
}

bool delete_automation(Transaction& tx, const PersonId& person, const AutomationId& id) {
  tx.change("UPDATE automations SET on_automation_id = NULL, rev = rev + 1 WHERE on_automation_id = ? AND person_id = ?", id, person);
  tx.change("DELETE FROM occurrences WHERE automation_id = ? AND person_id = ?", id, person);
  return tx.change("DELETE FROM automations WHERE id = ? AND person_id = ?", id, person) == 1;
}

bool move_on(Transaction& tx, const Automation& a, const std::optional<TimeMs>& next_at, std::string_view last_wall) {
  return tx.change("UPDATE automations SET next_at = ?, due_at = ?, last_wall = ?, rev = rev + 1 WHERE id = ? AND person_id = ? AND rev = ? AND next_at = ? AND paused_at IS NULL", next_at,
                   due_of(a, next_at), last_wall, a.id, a.person_id, a.rev, a.next_at) == 1;
}

bool insert_occurrence(Transaction& tx, const PersonId& person, const Occurrence& o, std::string_view trigger_key) {
  return tx.change("INSERT INTO occurrences (automation_id, at, person_id, cause, cause_detail, state, reason, late_ms, job_id, tokens, created_at, finished_at, "
                   "trigger_key, input, depth) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                   o.automation_id, o.at, person, cause_name(o.cause), o.cause_detail, occurrence_state_name(o.state), o.reason, o.late_ms, o.job_id, o.created_at,
                   o.finished_at, filled(trigger_key), o.input, o.depth) == 1;
}

std::optional<Occurrence> find_occurrence(Transaction& tx, const PersonId& person, const AutomationId& id, TimeMs at) {
  const auto rows = tx.query("SELECT " ZO_OCCURRENCE_COLUMNS " FROM occurrences WHERE automation_id = ? AND at = ? AND person_id = ?", id, at, person);
  if (!rows->next()) return std::nullopt;
  return read_occurrence(*rows);
}

std::vector<Occurrence> list_occurrences(Transaction& tx, const PersonId& person, const AutomationId& id, std::optional<TimeMs> before, std::size_t most) {
  std::vector<Occurrence> all;
  const auto rows = tx.query("SELECT " ZO_OCCURRENCE_COLUMNS " FROM occurrences WHERE automation_id = ? AND person_id = ? AND (? IS NULL OR at < ?) ORDER BY at DESC LIMIT ?",
                             id, person, before, before, most);
  while (rows->next()) all.push_back(read_occurrence(*rows));
  return all;
}

std::optional<Occurrence> find_occurrence_of(Transaction& tx, const PersonId& person, const AutomationId& id, std::string_view trigger_key) {
  const auto rows = tx.query("SELECT " ZO_OCCURRENCE_COLUMNS " FROM occurrences WHERE automation_id = ? AND trigger_key = ? AND person_id = ?", id, trigger_key, person);
  if (!rows->next()) return std::nullopt;
  return read_occurrence(*rows);
}

std::vector<Occurrence> occurrences_between(Transaction& tx, const PersonId& person, TimeMs from, TimeMs until, std::size_t most) {
  std::vector<Occurrence> all;
  const auto rows = tx.query("SELECT " ZO_OCCURRENCE_COLUMNS " FROM occurrences WHERE person_id = ? AND at >= ? AND at < ? ORDER BY at LIMIT ?", person, from, until, most);
  while (rows->next()) all.push_back(read_occurrence(*rows));
  return all;
}

bool end_begun(Transaction& tx, const PersonId& person, const Occurrence& o) {
  return tx.change("UPDATE occurrences SET state = ?, reason = ?, tokens = ?, finished_at = ? WHERE automation_id = ? AND at = ? AND person_id = ? AND state = 'begun'",
            occurrence_state_name(o.state), o.reason, o.tokens, o.finished_at, o.automation_id, o.at, person) == 1;
}

int depth_of_what_changed(Transaction& tx, const PersonId& person, TimeMs since, TimeMs now) {
  return static_cast<int>(tx.number("SELECT COALESCE(MAX(depth) + 1, 0) FROM occurrences WHERE person_id = ? AND job_id IS NOT NULL AND created_at <= ? AND (finished_at IS NULL OR finished_at >= ?)",
                                    person, now, since));
}

bool began_since(Transaction& tx, const PersonId& person, const AutomationId& id, TimeMs since) {
  return tx.number("SELECT COUNT(*) FROM occurrences WHERE automation_id = ? AND person_id = ? AND job_id IS NOT NULL AND created_at >= ?", id, person, since) > 0;
}

std::vector<Automation> followers_of(Transaction& tx, const PersonId& person, const AutomationId& id) {
  std::vector<Automation> all;
  const auto rows = tx.query("SELECT " ZO_AUTOMATION_COLUMNS " FROM automations WHERE on_automation_id = ? AND person_id = ? ORDER BY name LIMIT ?", id, person, limits::kFollowers);
  while (rows->next()) all.push_back(read_automation(*rows));
  return all;
}

std::vector<WatchingAutomation> automations_with_files(Transaction& tx) {
  std::vector<WatchingAutomation> all;
  const auto rows = tx.query("SELECT id, person_id, on_file, files_seen FROM automations WHERE on_file <> '' ORDER BY id LIMIT 1000");
  while (rows->next()) all.push_back({rows->id<AutomationId>(0), rows->id<PersonId>(1), rows->string(2), rows->string(3)});
  return all;
}

bool set_files_seen(Transaction& tx, const WatchingAutomation& was, std::string_view seen) {
  return tx.change("UPDATE automations SET files_seen = ? WHERE id = ? AND person_id = ? AND on_file = ? AND files_seen = ?", seen, was.id, was.person_id, was.pattern, was.seen) == 1;
}

std::vector<LiveJob> live_jobs(Transaction& tx, const PersonId& person, const AutomationId& id) {
  std::vector<LiveJob> live;
  const auto rows = tx.query("SELECT jobs.id, occurrences.at, jobs.state FROM occurrences JOIN jobs ON jobs.id = occurrences.job_id "
                             "WHERE occurrences.automation_id = ? AND occurrences.state = 'begun' AND occurrences.person_id = ? ORDER BY occurrences.at", id, person);
  while (rows->next()) live.push_back({rows->id<JobId>(0), rows->integer(1), job_state_from_name(rows->text(2)).value_or(JobState::Ready)});
  return live;
}

std::int64_t tokens_since(Transaction& tx, const PersonId& person, const AutomationId& id, TimeMs since) {
  return tx.number("SELECT COALESCE(SUM(tokens), 0) FROM occurrences WHERE automation_id = ? AND person_id = ? AND at >= ?", id, person, since);
}

// Those that were left out on their own, so that many of them push out nothing else; and nothing that the day's tokens are counted by.
void forget_old_occurrences(Transaction& tx, const PersonId& person, const AutomationId& id, TimeMs now) {
  tx.change("DELETE FROM occurrences WHERE automation_id = ? AND person_id = ? AND job_id IS NULL AND at <= "
            "(SELECT at FROM occurrences WHERE automation_id = ? AND job_id IS NULL ORDER BY at DESC LIMIT 1 OFFSET ?)", id, person, id, limits::kOccurrencesKept);
  tx.change("DELETE FROM occurrences WHERE automation_id = ? AND person_id = ? AND job_id IS NOT NULL AND state <> 'begun' AND at < ? AND at <= "
            "(SELECT at FROM occurrences WHERE automation_id = ? AND job_id IS NOT NULL ORDER BY at DESC LIMIT 1 OFFSET ?)", id, person, now - kDayMs, id, limits::kOccurrencesKept);
}

void set_first_files(Transaction& tx, const PersonId& person, const AutomationId& id, std::string_view seen) {
  tx.change("UPDATE automations SET files_seen = ? WHERE id = ? AND person_id = ? AND files_seen = ''", seen, id, person);
}

}  // namespace zo
