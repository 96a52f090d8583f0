// What a small model may write in one turn, as a grammar of llama.cpp (GBNF, llama.cpp/grammars/README.md).
#pragma once

#include <string>
#include <vector>

#include "model/block_form.h"

namespace zo {

enum class MayReply { No, Yes };

// One block in one of the forms, or an answer in plain text. No forms means an answer.
std::string turn_grammar(const std::vector<CallForm>& forms, MayReply may_reply);
// Only a block that makes that file; any block where none can by its name.
std::string making_grammar(const std::vector<CallForm>& forms, std::string_view file);

}  // namespace zo
