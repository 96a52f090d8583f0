// Where the result of an automation goes beside its conversation: each way is a job of its own, added in the transaction that ends the
// occurrence, tried for about an hour, and told of where it fails. Whoever receives it twice knows it by its key.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "automation/automation.h"
#include "feed/notice.h"
#include "hook/hooks.h"
#include "hook/mail.h"
#include "queue/queue.h"

namespace zo {

// The queue in which each of them is a job.
inline constexpr std::string_view kDeliveriesQueue = "deliveries";

// What is told, of one that has ended.
struct Delivery {
  Destination destination;
  AutomationId automation;
  TimeMs at = 0;
  std::string name;  // of the automation
  OccurrenceState state = OccurrenceState::Succeeded;
  std::string text;  // the answer, or why there is none
  std::optional<RunId> run = {};
  std::optional<ConversationId> conversation = {};
};

// The text is cut so that it fits a job.
Added add_delivery(Transaction& tx, const PersonId& person, const JobId& id, Delivery delivery, TimeMs now);

class Deliveries final : public Worker {
 public:
  // All outlive it.
  Deliveries(Executor executor, Clock& clock, Dice& dice, Store& store, Notices& notices, Queue& queue, HttpClient& http, Mail& mail)
      : clock_(clock), dice_(dice), store_(store), notices_(notices), queue_(queue), http_(http), mail_(mail), working_(std::move(executor)) {}

  std::string_view queue() const override { return kDeliveriesQueue; }
  std::size_t at_once() const override { return kAtOnce; }
  Task<Result<>> begin(Held held) override;
  void stop(const JobId& job, Stop why) override;
  Task<Result<bool>> cancel(PersonId person, JobId job) override;
  Task<void> end() { return working_.stop(); }

 private:
  static constexpr std::size_t kAtOnce = 16;

  struct AtWork {
    Held held;
    Scope::Child activity = {};
  };

  Task<void> work(Held held);
  Task<Result<>> deliver(PersonId person, JobId job, Delivery delivery);
  Task<void> finish(Held held, Delivery delivery, Result<> sent);

  Clock& clock_;
  Dice& dice_;
  Store& store_;
  Notices& notices_;
  Queue& queue_;
  HttpClient& http_;
  Mail& mail_;
  std::map<JobId, AtWork> at_work_;
  Scope working_;
};

}  // namespace zo
