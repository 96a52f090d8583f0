#include "model/local.h"

namespace zo {

struct LocalModel::State {};

LocalModel::LocalModel(Executor, Clock&, Pool&, HttpClient&, Sandbox&, std::string, std::string) {}
LocalModel::~LocalModel() = default;
Task<std::vector<ModelInfo>> LocalModel::models() { co_return std::vector<ModelInfo>{}; }
Task<Result<ModelProfile>> LocalModel::profile(std::string) { co_return ModelProfile{.name = "local/none"}; }
Task<Result<ModelReply>> LocalModel::stream(ModelRequest, OnDelta) { co_return fail(Code::Unavailable, "no model is installed", "zo model install"); }
std::string LocalModel::default_model() const { return "none"; }
Task<void> LocalModel::warm(std::string, std::vector<ToolSpec>) { co_return; }
Task<void> LocalModel::stop() { co_return; }

}  // namespace zo
