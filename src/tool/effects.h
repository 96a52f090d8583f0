// What a call of a tool does to the world: who is asked before it goes by this, where no rule says otherwise (tool/policy).
#pragma once

namespace zo {

struct Effects {
  bool reads = false;             // what is in the workspace, or elsewhere
  bool writes = false;            // changes files
  bool sends = false;             // tells something to the outside
  bool changes_settings = false;  // of this computer

  bool operator==(const Effects&) const = default;
};

}  // namespace zo
