#pragma once
// The members of a JSON object that has to be exactly right.

#include <kingbolt/core/error.hpp>

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hubload {

class JsonFields {
public:
    /// `where` is how errors call the object. Throws InvalidOption when it is none.
    JsonFields(std::string where, const rapidjson::Value& object) : where_{std::move(where)}, object_{object} {
        if (!object.IsObject()) throw kingbolt::InvalidOption{where_, as_json(object), "a JSON object", "put it into braces"};
    }

    std::string name_of(std::string_view key) const { return where_ + '.' + std::string{key}; }

    /// Null when it is not there.
    const rapidjson::Value* find(const char* key) {
        known_.emplace_back(key);
        const auto found = object_.FindMember(key);
        return found == object_.MemberEnd() ? nullptr : &found->value;
    }

    std::uint64_t whole(const char* key, std::uint64_t otherwise, std::uint64_t least, std::uint64_t most, const char* cure) {
        const auto* const value = find(key);
        if (value == nullptr) return otherwise;
        if (!value->IsUint64() || value->GetUint64() < least || value->GetUint64() > most)
            refuse(key, *value, "a whole number from " + std::to_string(least) + " to " + std::to_string(most), cure);
        return value->GetUint64();
    }
    double number(const char* key, double otherwise, double most, const char* cure) {
        const auto* const value = find(key);
        if (value == nullptr) return otherwise;
        if (!value->IsNumber() || !(value->GetDouble() >= 0) || value->GetDouble() > most)
            refuse(key, *value, "a number from 0 to " + std::to_string(static_cast<std::uint64_t>(most)), cure);
        return value->GetDouble();
    }
    std::string text(const char* key, std::string otherwise) {
        const auto* const value = find(key);
        if (value == nullptr) return otherwise;
        if (!value->IsString()) refuse(key, *value, "a text", "put it into quotes");
        return {value->GetString(), value->GetStringLength()};
    }

    [[noreturn]] void refuse(std::string_view key, const rapidjson::Value& value, std::string range, const char* cure) const {
        throw kingbolt::InvalidOption{name_of(key), as_json(value), std::move(range), cure};
    }

    /// After the last one: throws InvalidOption for a member that nobody asked for, or that comes twice.
    void finish() const {
        std::vector<std::string_view> seen;
        for (const auto& member : object_.GetObject()) {
            const std::string_view key{member.name.GetString(), member.name.GetStringLength()};
            if (std::ranges::find(known_, key) == known_.end()) refuse(key, member.value, "keys: " + list(known_), "is it misspelt?");
            if (std::ranges::find(seen, key) != seen.end()) refuse(key, member.value, "each key once", "leave one of them out");
            seen.push_back(key);
        }
    }

private:
    static std::string as_json(const rapidjson::Value& value) {
        rapidjson::StringBuffer text;
        rapidjson::Writer<rapidjson::StringBuffer> writer{text};
        value.Accept(writer);
        constexpr std::size_t enough = 60;
        return text.GetSize() > enough ? std::string{text.GetString(), enough} + "…" : std::string{text.GetString(), text.GetSize()};
    }
    static std::string list(const std::vector<std::string_view>& keys) {
        std::string text;
        for (const auto key : keys) text.append(text.empty() ? "" : ", ").append(key);
        return text;
    }

    std::string where_;
    const rapidjson::Value& object_;
    std::vector<std::string_view> known_;
};

}  // namespace hubload
