#include <kingbolt/security/json_object.hpp>

#include <cstddef>
#include <string>
#include <string_view>

#include "support/catch.hpp"

using kingbolt::security::JsonObject;
using kingbolt::security::string_of;
using namespace std::string_literals;

namespace {

std::string trouble(std::string_view text) { return std::string{JsonObject{text}.trouble()}; }

std::string nested(int arrays) {
    return R"({"a":)" + std::string(static_cast<std::size_t>(arrays), '[') + std::string(static_cast<std::size_t>(arrays), ']') + "}";
}

}  // namespace

TEST_CASE("members are found by their names, unescaped") {
    const JsonObject object{" {\"a\": \"x\", \"\\u0062\": 7, \"c\": {}} \n"};
    REQUIRE(object.trouble().empty());
    CHECK(string_of(*object.find("a")) == "x");
    CHECK(object.find("b")->GetInt64() == 7);
    CHECK_FALSE(string_of(*object.find("c")));
    CHECK(object.find("d") == nullptr);
}

TEST_CASE("what is not one JSON object is refused") {
    CHECK(trouble("") == "is not JSON");
    for (const std::string text : {"{",
                                   "}",
                                   "{}{}",
                                   "{} x",
                                   "x{}",
                                   "{\"a\":1,}",
                                   "{\"a\" 1}",
                                   "{a:1}",
                                   "{'a':1}",
                                   "{\"a\":01}",
                                   "{\"a\":.5}",
                                   "{\"a\":+1}",
                                   "{\"a\":NaN}",
                                   "{\"a\":Infinity}",
                                   "{\"a\":-Infinity}",
                                   "{\"a\":1e400}",
                                   "{\"a\":tru}",
                                   "{/**/}",
                                   "{\"a\":\"\n\"}",
                                   "{\"a\":\"\\x\"}",
                                   "{\"a\":[1,]}"}) {
        CAPTURE(text);
        CHECK(trouble(text) == "is not JSON");
    }
    for (const std::string text : {"[]", "1", "\"a\"", "null", "true"}) CHECK(trouble(text) == "is not a JSON object");
}

TEST_CASE("a NUL ends nothing") {
    CHECK(trouble("{}\0"s) == "is not JSON");
    CHECK(trouble("{}\0{\"a\":1}"s) == "is not JSON");
    CHECK(trouble("{\"a\":\"\0\"}"s) == "is not JSON");
    const JsonObject escaped{"{\"a\\u0000\":1, \"a\":2}"};
    CHECK(escaped.find("a")->GetInt64() == 2);
    CHECK(escaped.find("a\0"s)->GetInt64() == 1);
}

TEST_CASE("a member named twice is refused, at any depth and however it is written") {
    CHECK(trouble(R"({"a":1,"a":1})") == "names a member twice");
    CHECK(trouble(R"({"a":1,"b":2,"\u0061":3})") == "names a member twice");
    CHECK(trouble(R"({"o":{"a":1,"a":2}})") == "names a member twice");
    CHECK(trouble(R"({"o":[[{"x":1},{"a":1,"a":2}]]})") == "names a member twice");
    CHECK(trouble(R"({"":1,"":2})") == "names a member twice");
    CHECK(trouble(R"({"a":{"a":1},"A":[{"a":1},{"a":1}]})").empty());
}

TEST_CASE("nesting is bounded, and no depth exhausts the stack") {
    CHECK(trouble(nested(15)).empty());
    CHECK(trouble(nested(16)) == "is nested more than 16 deep");
    CHECK(trouble(nested(1'000'000)) == "is nested more than 16 deep");
    CHECK(trouble(R"({"a":)" + std::string(1'000'000, '[')) == "is nested more than 16 deep");
    std::string objects;
    for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
    CHECK(trouble(objects) == "is nested more than 16 deep");
}

TEST_CASE("what is not UTF-8 is refused, be it written out or escaped") {
    CHECK(trouble("{\"a\":\"\xFF\"}") == "is not UTF-8");
    CHECK(trouble("{\"a\":\"\xC0\x80\"}") == "is not UTF-8");
    CHECK(trouble("{\"a\":\"\xED\xA0\x80\"}") == "is not UTF-8");
    CHECK(trouble(R"({"a":"\udc00"})") == "has a string that is not UTF-8");
    CHECK(trouble(R"({"\udc00":1})") == "has a string that is not UTF-8");
    CHECK(trouble(R"({"a":"\ud800"})") == "is not JSON");
    CHECK(trouble(R"({"a":"\ud83d\ude00"})").empty());
    CHECK(trouble("\xEF\xBB\xBF{}") == "is not JSON");
}

TEST_CASE("a number of many digits reads nothing beyond the parser's tables") {
    // Under UndefinedBehaviorSanitizer: a fuzzer's find in the parser's reading of numbers with full precision.
    for (const std::size_t digits : {17U, 88U, 300U, 1'000U}) {
        const auto why = trouble(R"({"exp":)" + std::string(digits, '9') + "7e287}");
        CHECK((why.empty() || why == "is not JSON"));
    }
}
