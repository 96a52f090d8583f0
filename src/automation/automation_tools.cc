#include "automation/automation_tools.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "automation/wish.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr std::size_t kTimesAsked = 3;   // that the person who is asked sees
constexpr std::size_t kNameChars = 40;   // of a name made from the prompt
constexpr std::size_t kListed = 50;
constexpr std::size_t kSummaryChars = 600;
constexpr std::size_t kRuleChars = 120;

// What people say who want something done later.
std::vector<std::string> phrases() {
  std::vector<std::string> all{"automation", "schedule", "remind me", "daily", "hourly", "weekly", "monthly", "each day", "each morning", "each week", "täglich", "jeden ", "erinner"};
  for (const char* what : {"day", "morning", "evening", "night", "week", "month", "year", "hour", "minute", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"})
    all.push_back(std::string("every ") + what);
  for (char digit = '1'; digit <= '9'; ++digit) all.push_back(std::string("every ") + digit);
  return all;
}

AutomationWish wish_of(const Json& arguments) {
  AutomationWish wish;
  wish.every = text_at(arguments, "every");
  wish.prompt = text_at(arguments, "prompt");
  wish.name = text_at(arguments, "name");
  if (trim(wish.name).empty()) wish.name = one_line(wish.prompt, kNameChars);
  return wish;
}

// The first times, as the person's clock shows them; Invalid when the rule is none.
Result<std::vector<std::string>> times_of(const AutomationWish& wish, std::size_t count, TimeMs now) {
  Automation automation;
  ZO_OK(settle(automation, wish, now));
  if (automation.rule.empty()) return fail(Code::Invalid, "'every' says no rule", "every weekday at 8; every 90m; 0 3 * * SUN");
  ZO_TRY(const Zone zone, Zone::open(automation.wish.zone));
  ZO_TRY(const std::vector<TimeMs> next, next_times(automation, now, count));
  std::vector<std::string> times;
  for (const TimeMs at : next) times.push_back(local_text(at, zone));
  return times;
}

class CreateAutomation final : public Tool {
 public:
  CreateAutomation(Clock& clock, Automations& automations, Agents& agents) : clock_(clock), automations_(automations), agents_(agents) {}

  const ToolSpec& spec() const override { return spec_; }

  // What the person is asked shows when it would come.
  std::string summary(const Json& arguments) const override {
    const AutomationWish wish = wish_of(arguments);
    const Result<std::vector<std::string>> times = times_of(wish, kTimesAsked, clock_.now());
    const std::string when = times ? "first " + join(*times, ", ") : times.error().message;
    return one_line(fmt::format("{} ({}): {}", one_line(wish.every, kRuleChars), when, wish.prompt), kSummaryChars);
  }

  // One that cannot be made changes nothing: nobody is asked, and the model is told at once.
  Effects effects(const Json& arguments) const override { return {.changes_settings = times_of(wish_of(arguments), 1, clock_.now()).has_value()}; }

  Task<Result<ToolOutcome>> run(ToolContext context, Json arguments) override {
    AutomationWish wish = wish_of(arguments);
    ZO_CO_TRY(const std::vector<std::string> times, times_of(wish, limits::kNextShown, clock_.now()));
    ZO_CO_TRY(const Run parent, co_await agents_.find(context.person, context.run));
    // No more than whoever asks for it may.
    wish.tools = parent.tools;
    wish.egress = parent.options.egress;
    wish.token = parent.token_id;
    wish.taint = context.taint;
    ZO_CO_TRY(const Automation made, co_await automations_.add(context.person, std::move(wish)));
    ToolOutcome outcome{.output = fmt::format("Made the automation '{}'. It runs next:\n{}", made.wish.name, join(times, "\n"))};
    outcome.output_bytes = outcome.output.size();
    co_return outcome;
  }

 private:
  Clock& clock_;
  Automations& automations_;
  Agents& agents_;
  ToolSpec spec_{.name = "create_automation",
                 .summary = "Have `prompt` done again and again by itself. `every`: 'every weekday at 8', 'every 90m', 'every monday and friday at 17:30', cron.",
                 .arguments = {{"every", filled_text()}, {"prompt", filled_text()}, {"name", text_value(), false}},
                 .small = SmallForm{.blocks = {{.word = "automation", .head = "every", .head_shown = "every weekday at 8", .body = "prompt", .body_shown = "what is to be done then",
                                                .brief = "has that done again and again, at those times, without being asked"}},
                                    .mends = true,
                                    .phrases = phrases()}};
};

class ListAutomations final : public Tool {
 public:
  explicit ListAutomations(Automations& automations) : automations_(automations) {}

  const ToolSpec& spec() const override { return spec_; }
  std::string summary(const Json&) const override { return "automations"; }
  bool is_ready() const override { return automations_.any(); }
  Effects effects(const Json&) const override { return {.reads = true}; }

  Task<Result<ToolOutcome>> run(ToolContext context, Json) override {
    ZO_CO_TRY(const std::vector<Automation> all, co_await automations_.list(context.person));
    ToolOutcome outcome;
    for (std::size_t i = 0; i < std::min(all.size(), kListed); ++i) outcome.output += line_of(all[i]);
    if (all.empty()) outcome.output = "There are no automations.";
    if (all.size() > kListed) outcome.output += fmt::format("and {} more\n", all.size() - kListed);
    outcome.output_bytes = outcome.output.size();
    co_return outcome;
  }

 private:
  static std::string line_of(const Automation& one) {
    std::string next = "when it is started";
    if (const Result<Zone> zone = Zone::open(one.wish.zone); zone && one.next_at) next = local_text(*one.next_at, *zone);
    if (one.paused_at) next = one.paused_reason;
    return fmt::format("{}: {}; next {}; does: {}\n", one.wish.name, one.wish.every, next, one_line(one.wish.prompt, 80));
  }

  Automations& automations_;
  ToolSpec spec_{.name = "list_automations", .summary = "What is done again and again, and when next.", .arguments = {}, .small = SmallForm{.brief = "lists the automations", .phrases = {"automation", "scheduled"}}};
};

}  // namespace

void add_automation_tools(Tools& tools, Clock& clock, Automations& automations, Agents& agents) {
  tools.add(std::make_unique<CreateAutomation>(clock, automations, agents));
  tools.add(std::make_unique<ListAutomations>(automations));
}

}  // namespace zo
