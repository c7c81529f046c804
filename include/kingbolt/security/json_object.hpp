#pragma once
// A JSON object (RFC 8259), read as strictly as a credential has to be: what two readers could understand in two ways is refused.

#include <kingbolt/engine/utf8.hpp>

#include <rapidjson/document.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace kingbolt::security {

using JsonValue = rapidjson::Value;

/// Null when `object` has no such member.
inline const JsonValue* member(const JsonValue& object, std::string_view name) noexcept {
    const auto found = object.FindMember(JsonValue{rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size()))});
    return found == object.MemberEnd() ? nullptr : &found->value;
}
/// None when it is no string.
inline std::optional<std::string_view> string_of(const JsonValue& value) noexcept {
    if (!value.IsString()) return std::nullopt;
    return std::string_view{value.GetString(), value.GetStringLength()};
}

/// UTF-8, no member named twice at any depth (RFC 7515 §4, RFC 7519 §4), arrays and objects at most 16 deep, nothing before or behind.
/// Neither the parser nor anything here recurses deeper than that, whatever the text.
class JsonObject {
public:
    static constexpr std::size_t max_depth = 16;

    explicit JsonObject(std::string_view text) : trouble_{read(text)} {}

    /// Why the text is none: constant words, nothing of the text. Empty: it is one.
    std::string_view trouble() const noexcept { return trouble_; }

    /// Null when there is no such member. Of an object without trouble.
    const JsonValue* find(std::string_view name) const noexcept { return member(document_, name); }

private:
    /// Stands between parser and document, and ends the parsing where a rule is broken.
    struct Strict {
        rapidjson::Document& out;
        std::size_t depth = 0;
        std::string_view trouble{};

        bool Null() { return out.Null(); }
        bool Bool(bool value) { return out.Bool(value); }
        bool Int(int value) { return out.Int(value); }
        bool Uint(unsigned value) { return out.Uint(value); }
        bool Int64(std::int64_t value) { return out.Int64(value); }
        bool Uint64(std::uint64_t value) { return out.Uint64(value); }
        bool Double(double value) { return out.Double(value); }
        bool RawNumber(const char* text, rapidjson::SizeType size, bool copy) { return out.RawNumber(text, size, copy); }
        bool String(const char* text, rapidjson::SizeType size, bool copy) { return is_text(text, size) && out.String(text, size, copy); }
        bool Key(const char* text, rapidjson::SizeType size, bool copy) { return is_text(text, size) && out.Key(text, size, copy); }
        bool StartObject() { return enter() && out.StartObject(); }
        bool StartArray() { return enter() && out.StartArray(); }
        bool EndObject(rapidjson::SizeType members) { return leave() && out.EndObject(members); }
        bool EndArray(rapidjson::SizeType elements) { return leave() && out.EndArray(elements); }

        // Asked again of what was escaped: the parser lets half a surrogate pair pass.
        bool is_text(const char* text, rapidjson::SizeType size) {
            if (!engine::is_utf8({text, size})) trouble = "has a string that is not UTF-8";
            return trouble.empty();
        }
        bool enter() {
            if (++depth > max_depth) trouble = "is nested more than 16 deep";
            return trouble.empty();
        }
        bool leave() {
            --depth;
            return true;
        }
    };

    std::string_view read(std::string_view text) {
        if (!engine::is_utf8(text)) return "is not UTF-8";
        if (text.find('\0') != std::string_view::npos) return "is not JSON";  // the parser would take it for the end
        Strict strict{document_};
        bool parsed = false;
        auto generate = [&](rapidjson::Document&) {
            rapidjson::MemoryStream stream{text.data(), text.size()};
            rapidjson::Reader reader;
            // Not with full precision, with which RapidJSON 1.1.0 reads beyond its table of powers for numbers such as 9…97e287. No claim
            // is a number that would need it.
            parsed = !reader.Parse<rapidjson::kParseIterativeFlag>(stream, strict).IsError();
            return parsed;
        };
        document_.Populate(generate);
        if (!parsed) return strict.trouble.empty() ? "is not JSON" : strict.trouble;
        if (!document_.IsObject()) return "is not a JSON object";
        return repeats_a_name(document_) ? "names a member twice" : std::string_view{};
    }

    // NOLINTNEXTLINE(misc-no-recursion): as deep as max_depth
    static bool repeats_a_name(const JsonValue& value) {
        if (value.IsArray()) return std::any_of(value.Begin(), value.End(), repeats_a_name);
        if (!value.IsObject()) return false;
        std::vector<std::string_view> names;
        names.reserve(value.MemberCount());
        for (auto it = value.MemberBegin(); it != value.MemberEnd(); ++it) {
            if (repeats_a_name(it->value)) return true;
            names.push_back(*string_of(it->name));
        }
        std::ranges::sort(names);
        return std::ranges::adjacent_find(names) != names.end();
    }

    rapidjson::Document document_;
    std::string_view trouble_;
};

}  // namespace kingbolt::security
