#include "json_config.hpp"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace reference_server {
namespace {

std::string as_json(const rapidjson::Value& value) {
    rapidjson::StringBuffer text;
    rapidjson::Writer<rapidjson::StringBuffer> writer{text};
    value.Accept(writer);
    return text.GetString();
}

std::vector<std::string> keys_of(const CLI::App& app) {
    std::vector<std::string> keys;
    for (const CLI::Option* option : app.get_options())
        if (option->get_configurable()) keys.push_back(option->get_single_name());
    return keys;
}

}  // namespace

std::string JsonConfig::to_config(const CLI::App* app, bool default_also, bool, std::string) const {
    rapidjson::StringBuffer text;
    rapidjson::PrettyWriter<rapidjson::StringBuffer> writer{text};
    writer.StartObject();
    for (const CLI::Option* option : app->get_options()) {
        if (!option->get_configurable() || (option->empty() && !default_also)) continue;
        const std::vector<std::string> values = option->empty() ? std::vector{option->get_default_str()} : option->results();
        if (values.front().empty()) continue;  // off unless it is given, as a flag or a file
        writer.Key(option->get_single_name().c_str());
        if (values.size() > 1) writer.StartArray();
        for (const std::string& value : values) writer.String(value.c_str());
        if (values.size() > 1) writer.EndArray();
    }
    writer.EndObject();
    return text.GetString();
}

std::vector<CLI::ConfigItem> JsonConfig::from_config(std::istream& input) const {
    const std::string text{std::istreambuf_iterator<char>{input}, {}};
    rapidjson::Document file;
    // Numbers stay text, so that an option sees what was written.
    file.Parse<rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseIterativeFlag>(text.data(), text.size());
    if (file.HasParseError()) {
        const auto at = text.begin() + static_cast<std::ptrdiff_t>(file.GetErrorOffset());
        throw CLI::ConfigError{"config file, line " + std::to_string(1 + std::count(text.begin(), at, '\n')) + ": " +
                               rapidjson::GetParseError_En(file.GetParseError())};
    }
    if (!file.IsObject()) throw CLI::ConfigError{"config file: not a JSON object"};

    const auto keys = keys_of(app_);
    std::vector<CLI::ConfigItem> found;
    for (const auto& member : file.GetObject()) {
        const std::string key{member.name.GetString(), member.name.GetStringLength()};
        if (std::ranges::find(keys, key) == keys.end())
            throw CLI::ConfigError{"config file: unknown key " + as_json(member.name) + "; the keys are " + CLI::detail::join(keys, ", ")};
        if (std::ranges::find(found, key, &CLI::ConfigItem::name) != found.end())
            throw CLI::ConfigError{"config file: \"" + key + "\" is given twice"};
        const bool list = member.value.IsArray();
        std::vector<std::string> values;
        for (rapidjson::SizeType i = 0; i < (list ? member.value.Size() : 1); ++i) {
            const rapidjson::Value& value = list ? member.value[i] : member.value;
            // Whoever takes a text up to its NUL takes another one, such as the file of a shorter name.
            if (!value.IsString() || std::strlen(value.GetString()) != value.GetStringLength())
                throw CLI::ConfigError{"config file: " + key + " = " + as_json(member.value) +
                                       ": must be a string without NUL, a number, or a list of them"};
            values.emplace_back(value.GetString());
        }
        found.push_back({.parents = {}, .name = key, .inputs = std::move(values)});
    }
    return found;
}

}  // namespace reference_server
