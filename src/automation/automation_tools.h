// What an agent may do about automations: make one, which a person is asked about, and tell which there are.
#pragma once

#include "agent/agents.h"
#include "automation/automations.h"
#include "tool/tools.h"

namespace zo {

// All outlive the tools.
void add_automation_tools(Tools& tools, Clock& clock, Automations& automations, Agents& agents);

}  // namespace zo
