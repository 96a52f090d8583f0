// The tools of the workspace: shell, query_table, read_file, write_file, edit_file, list_files and search_files.
#pragma once

#include "door/way_out.h"
#include "file/workspaces.h"
#include "limit/limits.h"
#include "sandbox/sandbox.h"
#include "tool/tainted_files.h"
#include "tool/tools.h"

namespace zo {

// What they borrow outlives `tools`.
void add_workspace_tools(Tools& tools, Workspaces& workspaces, Sandbox& sandbox, WayOut& way_out, TaintedFiles& tainted, const Limits& limits);

// The two halves of the above: shell and query_table; the others.
void add_command_tools(Tools& tools, Workspaces& workspaces, Sandbox& sandbox, WayOut& way_out, TaintedFiles& tainted, const Limits& limits);
void add_file_tools(Tools& tools, Workspaces& workspaces, TaintedFiles& tainted);

}  // namespace zo
