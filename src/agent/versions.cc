#include "agent/versions.h"

#include "base/limits.h"

namespace zo {

Versions versions_of(const std::vector<PlacedMessage>& messages, const Cuts& cuts) {
  std::vector<const PlacedMessage*> standing;
  Cuts open = cuts;
  Versions versions;
  for (const PlacedMessage& message : messages) {
    const auto cut = message.run_id ? open.find(*message.run_id) : open.end();
    if (cut != open.end()) {
      const auto first = std::ranges::find_if(standing, [&](const PlacedMessage* one) { return one->position >= cut->second; });
      open.erase(cut);
      if (first != standing.end()) {
        // What the replaced one had itself replaced comes before it.
        const auto before = versions.extract((*first)->id);
        std::vector<std::vector<MessageId>> all = before.empty() ? std::vector<std::vector<MessageId>>{} : std::move(before.mapped());
        all.emplace_back();
        for (auto one = first; one != standing.end(); ++one) all.back().push_back((*one)->id);
        if (all.size() > limits::kVersionsKept) all.erase(all.begin());
        versions.emplace(message.id, std::move(all));
        standing.erase(first, standing.end());
      }
    }
    standing.push_back(&message);
  }
  return versions;
}

}  // namespace zo
