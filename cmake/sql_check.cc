// Compiled while configuring, once as it is and once with each WRONG: those must not compile.
#include <string>

#include "store/sql.h"

namespace {

template <class... Args>
int change(zo::Sql<Args...> sql, const Args&...) {
  return sql.text() != nullptr ? 0 : 1;
}

}  // namespace

int main() {
  int code = change("UPDATE runs SET state = 'really?' WHERE id = ? AND \"odd?\" = ?", 1, 2);
#if WRONG == 1
  code += change("UPDATE runs SET state = ? WHERE id = ?", 1);
#elif WRONG == 2
  code += change("UPDATE runs SET state = ?", 1, 2);
#elif WRONG == 3
  const std::string table = "runs";
  code += change("DELETE FROM " + table);
#elif WRONG == 4
  const std::string built = "DELETE FROM runs";
  code += change(built.c_str());
#endif
  return code;
}
