// One transaction as a closure sees it: statements with bound parameters, rows one by one. SQL is written for both engines
// (SQLite 3.40, PostgreSQL 15) with `?` for parameters; it is always a literal, never built from data (store/sql.h).
//
// A statement that fails throws SqlFailure; the Store turns that into the closure's Error. A closure given to Store::write may
// run twice and beside others: it decides only by guarded UPDATE or unique key, never by reading first and writing later.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/id.h"
#include "base/result.h"
#include "store/sql.h"

namespace zo {

struct SqlFailure {
  enum class Kind {
    Final,
    MayPass,   // another had it at this moment: the same may succeed when it is tried again
    DiskFull,
  };
  Error error;
  Kind kind = Kind::Final;
};

// NULL, a number or text.
using SqlValue = std::variant<std::monostate, std::int64_t, std::string_view>;

// The rows of one query; read them before the next statement with the same SQL.
class Rows {
 public:
  virtual ~Rows() = default;
  virtual bool next() = 0;
  virtual bool is_null(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;     // 0 for NULL
  virtual std::string_view text(int column) const = 0;    // empty for NULL; valid until next()

  std::string string(int column) const { return std::string(text(column)); }
  std::optional<std::string> optional_string(int column) const {
    if (is_null(column)) return std::nullopt;
    return string(column);
  }
  std::optional<std::int64_t> optional_integer(int column) const {
    if (is_null(column)) return std::nullopt;
    return integer(column);
  }
  template <class IdType>
  IdType id(int column) const {
    return IdType::stored(text(column));
  }
};

class Transaction {
 public:
  virtual ~Transaction() = default;

  // The number of rows that an INSERT, UPDATE or DELETE changed.
  template <class... Args>
  std::int64_t change(Sql<Args...> sql, const Args&... args) {
    const SqlValue values[] = {value(args)..., SqlValue{}};
    return change_with(sql.text(), {values, values + sizeof...(Args)});
  }
  template <class... Args>
  std::unique_ptr<Rows> query(Sql<Args...> sql, const Args&... args) {
    const SqlValue values[] = {value(args)..., SqlValue{}};
    return query_with(sql.text(), {values, values + sizeof...(Args)});
  }
  // One number, 0 when there is no row.
  template <class... Args>
  std::int64_t number(Sql<Args...> sql, const Args&... args) {
    const auto rows = query(sql, args...);
    return rows->next() ? rows->integer(0) : 0;
  }

 protected:
  virtual std::int64_t change_with(const char* sql, std::span<const SqlValue> values) = 0;
  virtual std::unique_ptr<Rows> query_with(const char* sql, std::span<const SqlValue> values) = 0;

 private:
  static SqlValue value(std::nullopt_t) { return {}; }
  static SqlValue value(std::string_view text) { return text; }
  static SqlValue value(const std::string& text) { return std::string_view(text); }
  static SqlValue value(const char* text) { return std::string_view(text); }
  template <class Number>
    requires std::is_integral_v<Number>
  static SqlValue value(Number number) {
    return static_cast<std::int64_t>(number);
  }
  template <class Kind>
  static SqlValue value(const Id<Kind>& id) {
    return id.empty() ? SqlValue{} : SqlValue{id.text()};
  }
  template <class T>
  static SqlValue value(const std::optional<T>& optional) {
    return optional ? value(*optional) : SqlValue{};
  }
};

}  // namespace zo
