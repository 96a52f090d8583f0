// The tools of the web: fetch_url reads a page, web_search finds some where a search provider is set.
#pragma once

#include "tool/tools.h"
#include "web/pages.h"
#include "web/reader.h"
#include "web/search.h"

namespace zo {

// What they borrow outlives `tools`.
void add_web_tools(Tools& tools, Pages& pages, PageReader& reader, Searches& searches);

// Each of the above.
void add_fetch_tool(Tools& tools, Pages& pages, PageReader& reader);
void add_search_tool(Tools& tools, Searches& searches);

}  // namespace zo
