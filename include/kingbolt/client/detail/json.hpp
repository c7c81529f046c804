#pragma once
// JSON at the border: objects and arrays cut into their parts, each part with its own bytes, and objects written. Nothing is built in
// between, and what is handed on is what came.

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt::client::detail {

enum class JsonKind : std::uint8_t { null, boolean, whole, number, string, object, array };

/// A member of an object, or an element of an array.
struct JsonPart {
    std::string name{};  ///< empty in an array
    JsonKind kind = JsonKind::null;
    std::string_view raw{};   ///< its bytes
    std::string text{};       ///< of a string
    std::uint64_t whole = 0;  ///< of a number from 0 to 2^64 − 1 without fraction
    bool flag = false;
};

/// Splits the outermost object or array; what lies deeper is only checked.
class JsonSplitter : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, JsonSplitter> {
public:
    /// None when `text` is not JSON.
    static std::optional<std::vector<JsonPart>> split(std::string_view text, JsonKind& kind) {
        if (text.find('\0') != std::string_view::npos) return std::nullopt;  // the parser would take it for the end
        JsonSplitter splitter{text};
        rapidjson::Reader reader;
        constexpr unsigned flags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
        if (reader.Parse<flags>(splitter.stream_, splitter).IsError()) return std::nullopt;
        kind = splitter.outermost_;
        return std::move(splitter.parts_);
    }

    // For the reader.
    bool Null() { return scalar({.kind = JsonKind::null}); }
    bool Bool(bool value) { return scalar({.kind = JsonKind::boolean, .flag = value}); }
    bool Int(int) { return scalar({.kind = JsonKind::number}); }  // negative: the reader prefers Uint
    bool Int64(std::int64_t) { return scalar({.kind = JsonKind::number}); }
    bool Uint(unsigned value) { return scalar({.kind = JsonKind::whole, .whole = value}); }
    bool Uint64(std::uint64_t value) { return scalar({.kind = JsonKind::whole, .whole = value}); }
    bool Double(double) { return scalar({.kind = JsonKind::number}); }
    bool String(const char* text, rapidjson::SizeType size, bool) {
        if (depth_ > 1) return true;
        return scalar({.kind = JsonKind::string, .text = {text, size}});
    }
    bool Key(const char* text, rapidjson::SizeType size, bool) {
        if (depth_ > 1) return true;
        name_.assign(text, size);
        end_ = stream_.Tell();
        return true;
    }
    bool StartObject() { return enter(JsonKind::object); }
    bool StartArray() { return enter(JsonKind::array); }
    bool EndObject(rapidjson::SizeType) { return leave(JsonKind::object); }
    bool EndArray(rapidjson::SizeType) { return leave(JsonKind::array); }

private:
    explicit JsonSplitter(std::string_view text) : text_{text}, stream_{text.data(), text.size()} {}

    bool scalar(JsonPart part) {
        if (depth_ == 0) outermost_ = part.kind;
        if (depth_ == 1) add(std::move(part), stream_.Tell());
        return true;
    }
    bool enter(JsonKind kind) {
        if (depth_ == 0) {
            outermost_ = kind;
            end_ = text_.find_first_of("{[") + 1;
        }
        ++depth_;
        return true;
    }
    bool leave(JsonKind kind) {
        // The iterative parser tells of an end before it has passed the bracket.
        if (--depth_ == 1) add({.kind = kind}, stream_.Tell() + 1);
        return true;
    }
    void add(JsonPart part, std::size_t end) {
        const std::size_t begin = text_.find_first_not_of(" \t\r\n,:", end_);
        part.name = std::move(name_);
        part.raw = text_.substr(begin, end - begin);
        parts_.push_back(std::move(part));
        name_.clear();
        end_ = end;
    }

    std::string_view text_;
    rapidjson::MemoryStream stream_;
    std::vector<JsonPart> parts_;
    JsonKind outermost_ = JsonKind::null;
    std::string name_;
    std::size_t end_ = 0;  ///< of the part before, or of the name
    std::size_t depth_ = 0;
};

inline bool is_json(std::string_view text) {
    JsonKind kind{};
    return JsonSplitter::split(text, kind).has_value();
}

/// Writes one object, member by member.
class JsonObjectWriter {
public:
    JsonObjectWriter() { writer_.StartObject(); }

    JsonObjectWriter& text(std::string_view name, std::string_view value) {
        key(name);
        writer_.String(value.data(), size(value));
        return *this;
    }
    JsonObjectWriter& number(std::string_view name, std::uint64_t value) {
        key(name);
        writer_.Uint64(value);
        return *this;
    }
    JsonObjectWriter& flag(std::string_view name, bool value) {
        key(name);
        writer_.Bool(value);
        return *this;
    }
    /// `json` is written as it is.
    JsonObjectWriter& raw(std::string_view name, std::string_view json) {
        key(name);
        writer_.RawValue(json.data(), json.size(), rapidjson::kObjectType);
        return *this;
    }
    std::string take() {
        writer_.EndObject();
        return {buffer_.GetString(), buffer_.GetSize()};
    }

private:
    static rapidjson::SizeType size(std::string_view text) { return static_cast<rapidjson::SizeType>(text.size()); }
    void key(std::string_view name) { writer_.Key(name.data(), size(name)); }

    rapidjson::StringBuffer buffer_;
    rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

}  // namespace kingbolt::client::detail
