#pragma once
// A JSON object written member by member: JsonObject{}.add("seq", 7).add("topic", "a.b").take().

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <concepts>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

namespace reference_server {

class JsonObject {
public:
    JsonObject() {
        writer_.SetMaxDecimalPlaces(3);
        writer_.StartObject();
    }

    /// `text` must be UTF-8.
    JsonObject& add(std::string_view key, std::string_view text) {
        name(key);
        writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
        return *this;
    }
    JsonObject& add(std::string_view key, const char* text) { return add(key, std::string_view{text}); }
    JsonObject& add(std::string_view key, std::integral auto number) {
        name(key);
        if constexpr (std::same_as<decltype(number), bool>) {
            writer_.Bool(number);
        } else if constexpr (std::signed_integral<decltype(number)>) {
            writer_.Int64(number);
        } else {
            writer_.Uint64(number);
        }
        return *this;
    }
    JsonObject& add(std::string_view key, double number) {
        name(key);
        writer_.Double(number);
        return *this;
    }
    JsonObject& add(std::string_view key, const std::vector<std::string>& texts) {
        name(key);
        writer_.StartArray();
        for (const auto& text : texts) writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
        writer_.EndArray();
        return *this;
    }
    /// `json` is a whole JSON value and is taken as it is.
    JsonObject& add_json(std::string_view key, std::string_view json) {
        name(key);
        writer_.RawValue(json.data(), json.size(), rapidjson::kObjectType);
        return *this;
    }

    /// The finished object. The builder is spent.
    std::string take() {
        writer_.EndObject();
        return {text_.GetString(), text_.GetSize()};
    }

private:
    void name(std::string_view key) { writer_.Key(key.data(), static_cast<rapidjson::SizeType>(key.size())); }

    rapidjson::StringBuffer text_;
    rapidjson::Writer<rapidjson::StringBuffer> writer_{text_};
};

/// An array of whole JSON values.
template <std::ranges::input_range Values>
std::string json_array(const Values& values) {
    std::string array = "[";
    for (const std::string_view value : values) {
        if (array.size() > 1) array += ',';
        array += value;
    }
    return array + ']';
}

}  // namespace reference_server
