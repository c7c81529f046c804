#pragma once
// Holds messages to docs/schema/: for the test of the documents, and for tests that listen to a server.

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/pointer.h>
#include <rapidjson/schema.h>
#include <rapidjson/stringbuffer.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt::test {

enum class Direction { from_client, from_server };

/// What becomes of members that the schema does not list. The protocol ignores them; a server that sends one has something undocumented.
enum class Unlisted { ignored, refused };

inline std::string_view view(const rapidjson::Value& string) { return {string.GetString(), string.GetStringLength()}; }

inline std::string read_text(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    if (!in) throw std::runtime_error{file.string() + ": cannot be read"};
    return text;
}

/// What is wrong with `text` as JSON; nothing is, when `document` holds it.
inline std::optional<std::string> parse(std::string_view text, rapidjson::Document& document) {
    document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(text.data(), text.size());
    if (!document.HasParseError()) return std::nullopt;
    return std::string{"is not JSON: "} + rapidjson::GetParseError_En(document.GetParseError()) + " (at byte " +
           std::to_string(document.GetErrorOffset()) + ")";
}

class ProtocolSchemas {
public:
    struct Schema {
        rapidjson::Document text;
        rapidjson::SchemaDocument compiled;
    };
    using Schemas = std::map<std::string, Schema, std::less<>>;  ///< by the type of message

    /// `folder` is docs/schema. Throws std::runtime_error with the name of a file that is none.
    explicit ProtocolSchemas(const std::filesystem::path& folder)
        : from_client_{read(folder / "client")}, from_server_{read(folder / "server")} {}

    const Schemas& of(Direction direction) const { return direction == Direction::from_client ? from_client_ : from_server_; }

    /// What is wrong with the message: `error: "minimum" of #/properties/at does not allow #/at`. Nothing is, when it fits.
    std::optional<std::string> complaint(Direction direction, std::string_view message, Unlisted unlisted = Unlisted::ignored) const {
        rapidjson::Document parsed;
        if (auto trouble = parse(message, parsed)) return trouble;
        const rapidjson::Document& document = parsed;
        if (!document.IsObject()) return "is not a JSON object";
        const auto member = document.FindMember("type");
        if (member == document.MemberEnd() || !member->value.IsString()) return "has no type";
        const std::string type{view(member->value)};
        const auto found = of(direction).find(type);
        if (found == of(direction).end()) return "there is no schema of the type " + type;

        const Schema& schema = found->second;
        rapidjson::SchemaValidator validator{schema.compiled};
        if (!document.Accept(validator)) {
            return type + ": \"" + validator.GetInvalidSchemaKeyword() + "\" of " + pointer(validator.GetInvalidSchemaPointer()) +
                   " does not allow " + pointer(validator.GetInvalidDocumentPointer());
        }
        // No schema can say so.
        if (type == "event" && view(std::prev(document.MemberEnd())->name) != "data") return "event: data is not the last member";
        if (unlisted == Unlisted::refused) {
            if (auto trouble = unlisted_in(document, schema.text, schema.text, "#")) return type + ": " + *trouble;
        }
        return std::nullopt;
    }

private:
    static Schemas read(const std::filesystem::path& folder) {
        constexpr std::string_view suffix = ".schema.json";
        Schemas schemas;
        for (const auto& entry : std::filesystem::directory_iterator{folder}) {
            const std::string name = entry.path().filename();
            if (!name.ends_with(suffix)) throw std::runtime_error{entry.path().string() + ": is not named like a schema"};
            rapidjson::Document text;
            if (auto trouble = parse(read_text(entry.path()), text)) throw std::runtime_error{entry.path().string() + ": " + *trouble};
            rapidjson::SchemaDocument compiled{text};
            schemas.emplace(name.substr(0, name.size() - suffix.size()), Schema{std::move(text), std::move(compiled)});
        }
        return schemas;
    }

    static std::string pointer(const rapidjson::Pointer& pointer) {
        rapidjson::StringBuffer text;
        pointer.StringifyUriFragment(text);
        return {text.GetString(), text.GetSize()};
    }

    /// The first member that is not listed, or is there twice. A schema without `properties` leaves its members open: `data`, `params`.
    static std::optional<std::string> unlisted_in(const rapidjson::Value& value, const rapidjson::Value& schema,
                                                  const rapidjson::Document& root, const std::string& at) {
        if (const auto ref = schema.FindMember("$ref"); ref != schema.MemberEnd()) {
            const std::string target{view(ref->value)};
            const rapidjson::Value* found = rapidjson::Pointer{target.c_str()}.Get(root);
            return found != nullptr ? unlisted_in(value, *found, root, at) : "the schema of " + at + " refers to nothing: " + target;
        }
        if (value.IsArray() && schema.HasMember("items")) {
            for (rapidjson::SizeType i = 0; i < value.Size(); ++i)
                if (auto trouble = unlisted_in(value[i], schema["items"], root, at + "/" + std::to_string(i))) return trouble;
        }
        if (!value.IsObject() || !schema.HasMember("properties")) return std::nullopt;
        const rapidjson::Value& listed = schema["properties"];
        for (auto member = value.MemberBegin(); member != value.MemberEnd(); ++member) {
            const std::string here = at + "/" + std::string{view(member->name)};
            const auto found = listed.FindMember(member->name);
            if (found == listed.MemberEnd()) return "the schema does not list " + here;
            if (std::any_of(value.MemberBegin(), member, [&](const auto& other) { return other.name == member->name; }))
                return here + " is there twice";
            if (auto trouble = unlisted_in(member->value, found->value, root, here)) return trouble;
        }
        return std::nullopt;
    }

    Schemas from_client_;
    Schemas from_server_;
};

}  // namespace kingbolt::test
