#include "door/egress_log.h"

#include "base/limits.h"
#include "base/log.h"

namespace zo {
namespace {

constexpr std::int64_t kDelayMs = 1'000;
constexpr std::size_t kTrimEvery = 500;  // rows

Verdict verdict_of(std::string_view name) {
  for (const Verdict verdict : {Verdict::Passed, Verdict::Unresolved})
    if (name == verdict_name(verdict)) return verdict;
  return Verdict::Refused;
}

void insert(Transaction& tx, const EgressRow& row) {
  const std::optional<std::uint64_t> sent = row.end ? std::optional(row.end->sent_bytes) : std::nullopt;
  const std::optional<std::uint64_t> received = row.end ? std::optional(row.end->received_bytes) : std::nullopt;
  // A row that is there already is told its end.
  tx.change("INSERT INTO egress (id, person_id, run_id, purpose, host, port, address, verdict, reason, sent_bytes, received_bytes, failure, at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET sent_bytes = excluded.sent_bytes, "
            "received_bytes = excluded.received_bytes, failure = excluded.failure",
            row.id, row.person, row.run, row.purpose, row.host, row.port, row.address, verdict_name(row.verdict), row.reason, sent, received,
            row.end ? row.end->failure : std::string(), row.at);
}

void trim(Transaction& tx, const PersonId& person) {
  tx.change("DELETE FROM egress WHERE person_id = ? AND id < "
            "(SELECT MIN(id) FROM (SELECT id FROM egress WHERE person_id = ? ORDER BY id DESC LIMIT ?) AS newest)",
            person, person, limits::kEgressRows);
}

EgressRow read_row(const PersonId& person, const Rows& rows) {
  EgressRow row{.id = rows.id<EgressId>(0), .person = person, .run = rows.string(1), .purpose = rows.string(2), .host = rows.string(3),
                .port = static_cast<std::uint16_t>(rows.integer(4)), .address = rows.string(5),
                .verdict = verdict_of(rows.text(6)), .reason = rows.string(7)};
  if (!rows.is_null(8))
    row.end = PassageEnd{static_cast<std::uint64_t>(rows.integer(8)), static_cast<std::uint64_t>(rows.integer(9)), rows.string(10)};
  row.at = rows.integer(11);
  return row;
}

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::Passed: return "passed";
    case Verdict::Refused: return "refused";
    case Verdict::Unresolved: return "unresolved";
  }
  return "refused";
}

EgressLog::EgressLog(Executor executor, Clock& clock, Dice& dice, Store& store)
    : clock_(clock), dice_(dice), store_(store), scope_(std::move(executor)), since_trim_(kTrimEvery), self_(std::make_shared<EgressLog*>(this)) {}

EgressLog::~EgressLog() = default;

std::move_only_function<void(const PassageEnd&)> EgressLog::add(EgressRow row) {
  row.id = EgressId::make(dice_, clock_.now());
  row.at = clock_.now();
  enqueue(row);
  return [weak = std::weak_ptr(self_), row = std::move(row)](const PassageEnd& end) {
    if (const auto log = weak.lock()) (*log)->end(row, end);
  };
}

void EgressLog::end(const EgressRow& row, const PassageEnd& end) {
  const auto same = std::ranges::find(waiting_, row.id, &EgressRow::id);
  if (same != waiting_.end()) {
    same->end = end;
    return;
  }
  EgressRow ended = row;
  ended.end = end;
  enqueue(std::move(ended));
}

void EgressLog::enqueue(EgressRow row) {
  if (stopped_) return;
  if (waiting_.size() >= limits::kEgressWaiting) {
    waiting_.pop_front();
    ++dropped_;
  }
  waiting_.push_back(std::move(row));
  if (!std::exchange(writing_, true)) scope_.spawn("the egress log", write_on());
}

Task<void> EgressLog::write_on() {
  while (!waiting_.empty()) {
    co_await clock_.sleep_for(kDelayMs);
    co_await write();
  }
  writing_ = false;
}

Task<void> EgressLog::write() {
  if (waiting_.empty()) co_return;
  const auto rows = std::make_shared<const std::deque<EgressRow>>(std::exchange(waiting_, {}));
  since_trim_ += rows->size();
  const bool trims = since_trim_ >= kTrimEvery;
  if (trims) since_trim_ = 0;
  auto change = [rows, trims](Transaction& tx) -> Result<> {
    std::vector<PersonId> people;
    for (const EgressRow& row : *rows) {
      insert(tx, row);
      if (trims && std::ranges::find(people, row.person) == people.end()) people.push_back(row.person);
    }
    for (const PersonId& person : people) trim(tx, person);
    return {};
  };
  const Result<> written = co_await store_.write(std::move(change));
  if (!written) dropped_ += rows->size();
  const std::uint64_t dropped = std::exchange(dropped_, 0);
  if (dropped > 0) log_warn("door", fmt::format("{} rows of the egress log were dropped{}", dropped, written ? "" : ": " + written.error().message));
}

Task<Result<std::vector<EgressRow>>> EgressLog::rows(PersonId person, std::string run) {
  co_await write();
  auto question = [person, run](Transaction& tx) -> Result<std::vector<EgressRow>> {
    std::vector<EgressRow> found;
    const auto rows = tx.query("SELECT id, run_id, purpose, host, port, address, verdict, reason, sent_bytes, received_bytes, failure, at FROM egress "
                               "WHERE person_id = ? AND (? = '' OR run_id = ?) ORDER BY id DESC LIMIT ?",
                               person, run, run, limits::kEgressShown);
    while (rows->next()) found.push_back(read_row(person, *rows));
    return found;
  };
  co_return co_await store_.read(std::move(question));
}

Task<void> EgressLog::stop() {
  stopped_ = true;
  co_await scope_.stop();
  co_await write();
}

}  // namespace zo
