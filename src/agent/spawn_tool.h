// spawn_agents: prompts worked on in parallel by sub-agents, each a run of its own with a parent; the results come back in order.
#pragma once

#include <memory>

#include "tool/tool.h"

namespace zo {

class Agents;

std::unique_ptr<Tool> make_spawn_agents(Agents& agents);

}  // namespace zo
