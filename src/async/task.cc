#include "async/task.h"

#include <boost/asio/error.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/system/system_error.hpp>

namespace zo {

bool is_cancellation(const std::exception_ptr& failure) {
  if (!failure) return false;
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    return error.code() == asio::error::operation_aborted;
  } catch (...) {  // any other exception is not a cancellation; the caller still holds it
    return false;
  }
}

std::string_view describe(const std::exception_ptr& failure, std::string& buffer) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    buffer = error.what();
  } catch (...) {  // nothing more can be said of it
    buffer = "an unknown exception";
  }
  return buffer;
}

Task<void> throw_if_cancelled() {
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none)
    throw boost::system::system_error(asio::error::make_error_code(asio::error::operation_aborted));
}

}  // namespace zo
