#include "rig/failing_engine.h"

namespace zo {
namespace {

SqlFailure crashed() { return {{Code::Unavailable, "the process has crashed", ""}}; }

class FailingConnection final : public Connection {
 public:
  FailingConnection(std::unique_ptr<Connection> inner, StoreFaults& faults) : inner_(std::move(inner)), faults_(faults) {}

  void begin(Mode mode) override {
    check();
    if (faults_.cut_off) throw SqlFailure{{Code::Unavailable, "the database is not reached", ""}};
    if (faults_.happens(faults_.busy)) throw SqlFailure{{Code::Unavailable, "the script says busy", ""}, SqlFailure::Kind::MayPass};
    inner_->begin(mode);
    writes_ = mode == Mode::ReadWrite;
  }
  void commit() override {
    if (!writes_) return inner_->commit();
    if (!faults_.happens(faults_.crash)) return inner_->commit();
    faults_.crashed = true;
    if (faults_.dice.below(2) == 0) inner_->commit();
    else inner_->roll_back();
    throw crashed();
  }
  void roll_back() override { inner_->roll_back(); }
  bool in_transaction() const override { return inner_->in_transaction(); }
  void mark() override { inner_->mark(); }
  void keep_since_mark() override { inner_->keep_since_mark(); }
  void undo_since_mark() override { inner_->undo_since_mark(); }
  void execute(const std::string& sql) override { inner_->execute(sql); }
  void checkpoint() override { inner_->checkpoint(); }
  void let_grow(Growth growth) override { inner_->let_grow(growth); }
  Result<> copy_to(const std::string& path) override { return inner_->copy_to(path); }

 protected:
  std::int64_t change_with(const char* sql, std::span<const SqlValue> values) override {
    check();
    if (faults_.happens(faults_.disk_full)) {
      inner_->roll_back();
      throw SqlFailure{{Code::Exhausted, "the script says that the disk is full", ""}, SqlFailure::Kind::DiskFull};
    }
    return change_in(*inner_, sql, values);
  }
  std::unique_ptr<Rows> query_with(const char* sql, std::span<const SqlValue> values) override {
    check();
    return query_in(*inner_, sql, values);
  }

 private:
  void check() const {
    if (faults_.crashed) throw crashed();
  }

  std::unique_ptr<Connection> inner_;
  StoreFaults& faults_;
  bool writes_ = false;
};

}  // namespace

Result<std::unique_ptr<Connection>> FailingEngine::open(Connection::Mode mode) {
  ZO_TRY(std::unique_ptr<Connection> inner, sqlite_.open(mode));
  return std::make_unique<FailingConnection>(std::move(inner), faults_);
}

}  // namespace zo
