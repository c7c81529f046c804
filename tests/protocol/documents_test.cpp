// docs/protocol.md, docs/schema/ and docs/asyncapi.json say the same, and what the headers say.

#include "support/protocol_schema.hpp"

#include <kingbolt/core/close_code.hpp>
#include <kingbolt/engine/topic_name.hpp>

#include <regex>
#include <set>
#include <sstream>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;
using namespace kingbolt::test;

namespace {

using rapidjson::Pointer;
using rapidjson::Value;
using Names = std::set<std::string>;

const std::filesystem::path docs{KINGBOLT_DOCS};
constexpr Direction directions[] = {Direction::from_client, Direction::from_server};

const ProtocolSchemas& schemas() {
    static const ProtocolSchemas read{docs / "schema"};
    return read;
}

const std::string& protocol() {
    static const std::string text = read_text(docs / "protocol.md");
    return text;
}

Names types(Direction direction) {
    Names names;
    for (const auto& [type, schema] : schemas().of(direction)) names.insert(type);
    return names;
}

Names types() {
    Names names = types(Direction::from_client);
    names.merge(types(Direction::from_server));
    return names;
}

Direction direction_of(const std::string& type) {
    return types(Direction::from_client).contains(type) ? Direction::from_client : Direction::from_server;
}

std::string complaint(std::string_view message, Unlisted unlisted = Unlisted::ignored) {
    rapidjson::Document document;
    REQUIRE_FALSE(parse(message, document));
    return schemas().complaint(direction_of(document["type"].GetString()), message, unlisted).value_or("");
}

struct Example {
    std::string document, label, text;
};

/// The fenced blocks ```json <label>.
std::vector<Example> examples() {
    constexpr std::string_view opening = "```json ";
    std::vector<Example> found;
    for (const auto& entry : std::filesystem::directory_iterator{docs}) {
        if (entry.path().extension() != ".md") continue;
        std::istringstream lines{read_text(entry.path())};
        for (std::string line; std::getline(lines, line);) {
            if (!line.starts_with(opening)) continue;
            Example example{entry.path().filename(), line.substr(opening.size()), {}};
            while (std::getline(lines, line) && line != "```") example.text += line + "\n";
            found.push_back(example);
        }
    }
    return found;
}

/// The rows of the table under `## heading` of the protocol, cell by cell.
std::vector<std::vector<std::string>> rows(const std::string& heading) {
    const auto section = protocol().find("## " + heading + "\n");
    REQUIRE(section != std::string::npos);
    std::istringstream lines{protocol().substr(section, protocol().find("\n## ", section) - section)};
    std::vector<std::vector<std::string>> found;
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("| `")) continue;
        std::istringstream cells{line.substr(1)};
        auto& row = found.emplace_back();
        for (std::string cell; std::getline(cells, cell, '|');) row.push_back(cell);
    }
    return found;
}

/// What stands in backticks.
std::vector<std::string> names_in(const std::string& text, const char* pattern = "`([^`]+)`") {
    const std::regex quoted{pattern};
    std::vector<std::string> found;
    for (std::sregex_iterator match{text.begin(), text.end(), quoted}, end; match != end; ++match) found.push_back((*match)[1]);
    return found;
}

/// The words in backticks outside of the fenced blocks.
Names words_of_the_prose() {
    std::istringstream lines{protocol()};
    Names words;
    bool fenced = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("```")) fenced = !fenced;
        if (fenced) continue;
        for (const std::string& quoted : names_in(line))
            for (const std::string& word : names_in(quoted, R"((\w+))")) words.insert(word);
    }
    return words;
}

Names strings_of(const Value& array) {
    Names names;
    for (const Value& string : array.GetArray()) names.emplace(view(string));
    return names;
}

Names members_of(const Value& object) {
    Names names;
    for (const auto& member : object.GetObject()) names.emplace(view(member.name));
    return names;
}

template <class Visit>
void for_each_value(const Value& value, const std::string& at, Visit&& visit) {
    visit(value, at);
    if (value.IsObject())
        for (const auto& member : value.GetObject()) for_each_value(member.value, at + "/" + std::string{view(member.name)}, visit);
    if (value.IsArray())
        for (rapidjson::SizeType i = 0; i < value.Size(); ++i) for_each_value(value[i], at + "/" + std::to_string(i), visit);
}

/// Walks a schema and collects what is not draft 4, not self-contained, or hides a member from readers.
class Shape {
public:
    explicit Shape(const rapidjson::Document& root) : root_{root} { whole(root, "#"); }

    const std::vector<std::string>& wrong() const { return wrong_; }

private:
    /// A schema of a value of its own, where everything is said about its members.
    void whole(const Value& schema, const std::string& at) {
        keywords(schema, at, schema.HasMember("properties") ? members_of(schema["properties"]) : Names{}, true);
    }

    /// A condition on a value that is described elsewhere, whose members are `listed` there.
    void condition(const Value& schema, const std::string& at, const Names& listed) { keywords(schema, at, listed, false); }

    void keywords(const Value& schema, const std::string& at, const Names& listed, bool described) {
        if (!schema.IsObject()) return complain(at, "is not an object");
        if (schema.HasMember("$ref")) return reference(schema, at);
        for (const auto& member : schema.GetObject()) keyword(std::string{view(member.name)}, member.value, at, listed, described);
    }

    void reference(const Value& schema, const std::string& at) {
        const std::string target = schema["$ref"].IsString() ? schema["$ref"].GetString() : "";
        if (schema.MemberCount() != 1) complain(at, "has something beside $ref, which draft 4 ignores");
        const Value* found = target.starts_with("#/definitions/") ? Pointer{target.c_str()}.Get(root_) : nullptr;
        if (found == nullptr) return complain(at, "refers to nothing: " + target);
        if (found->HasMember("$ref")) complain(at, "refers to a reference, which RapidJSON may not follow");
    }

    void keyword(const std::string& name, const Value& value, const std::string& parent, const Names& listed, bool described) {
        const std::string at = parent + "/" + name;
        if (name == "$schema" || name == "title" || name == "description" || name == "pattern") {
            if (!value.IsString() || value.GetStringLength() == 0) complain(at, "is not a text");
        } else if (name == "type") {
            const Names types{"array", "boolean", "integer", "null", "number", "object", "string"};
            if (!value.IsString() || !types.contains(value.GetString())) complain(at, "is not a type");
        } else if (name == "enum") {
            if (!value.IsArray() || value.Empty()) complain(at, "is not a list of values");
        } else if (name == "minimum" || name == "maximum" || name == "minLength" || name == "maxLength") {
            if (!value.IsUint64()) complain(at, "is not a whole number");
        } else if (name == "required") {
            names(value, at, listed);
        } else if (name == "properties") {
            for (const auto& member : value.GetObject()) property(member, at, listed, described);
        } else if (name == "definitions") {
            for (const auto& member : value.GetObject()) property(member, at, members_of(value), described);
        } else if (name == "items") {
            whole(value, at);
        } else if (name == "not") {
            condition(value, at, listed);
        } else if (name == "allOf" || name == "anyOf" || name == "oneOf") {
            if (!value.IsArray() || value.Empty()) return complain(at, "is not a list of schemas");
            for (rapidjson::SizeType i = 0; i < value.Size(); ++i) condition(value[i], at + "/" + std::to_string(i), listed);
        } else if (name == "dependencies") {
            for (const auto& member : value.GetObject()) dependency(member, at, listed);
        } else if (name != "default") {
            complain(at, "is no keyword that these schemas use");
        }
    }

    void property(const Value::Member& member, const std::string& parent, const Names& listed, bool described) {
        const std::string name{view(member.name)};
        const std::string at = parent + "/" + name;
        if (!listed.contains(name)) complain(at, "is not listed in the schema of the whole");
        if (!described) return condition(member.value, at, {});
        if (!member.value.HasMember("description") && !member.value.HasMember("$ref")) complain(at, "has no description");
        whole(member.value, at);
    }

    void dependency(const Value::Member& member, const std::string& parent, const Names& listed) {
        const std::string name{view(member.name)};
        const std::string at = parent + "/" + name;
        if (!listed.contains(name)) complain(at, "is not listed");
        if (member.value.IsArray()) return names(member.value, at, listed);
        condition(member.value, at, listed);
    }

    void names(const Value& value, const std::string& at, const Names& listed) {
        if (!value.IsArray() || value.Empty()) return complain(at, "is not a list of names");
        if (strings_of(value).size() != value.Size()) complain(at, "names a member twice");
        for (const std::string& name : strings_of(value))
            if (!listed.contains(name)) complain(at, name + " is not listed");
    }

    void complain(const std::string& at, const std::string& what) { wrong_.push_back(at + " " + what); }

    const rapidjson::Document& root_;
    std::vector<std::string> wrong_;
};

std::vector<std::string> shape_of(const char* text) {
    rapidjson::Document schema;
    REQUIRE_FALSE(parse(text, schema));
    return Shape{schema}.wrong();
}

const rapidjson::Document& asyncapi() {
    static const rapidjson::Document document = [] {
        rapidjson::Document read;
        if (auto trouble = parse(read_text(docs / "asyncapi.json"), read)) throw std::runtime_error{"asyncapi.json " + *trouble};
        return read;
    }();
    return document;
}

/// The types of the messages to which an array of references refers.
Names referred(const Value& references) {
    Names names;
    for (const Value& reference : references.GetArray()) {
        const std::string target = reference["$ref"].GetString();
        REQUIRE(target.starts_with("#/channels/hub/messages/"));
        names.insert(target.substr(target.rfind('/') + 1));
    }
    return names;
}

}  // namespace

TEST_CASE("every example in the documents fits the schema of its label, and has no member that is not listed") {
    for (const Example& example : examples()) {
        CAPTURE(example.document, example.text);
        REQUIRE(types().contains(example.label));
        rapidjson::Document message;
        REQUIRE_FALSE(parse(example.text, message));
        CHECK(view(message["type"]) == example.label);
        CHECK(schemas().complaint(direction_of(example.label), example.text, Unlisted::refused).value_or("") == "");
    }
}

TEST_CASE("every type of message has an example") {
    Names shown;
    for (const Example& example : examples()) shown.insert(example.label);
    CHECK(shown == types());
}

TEST_CASE("no type of message goes both ways") {
    CHECK(types().size() == types(Direction::from_client).size() + types(Direction::from_server).size());
}

TEST_CASE("the protocol's tables and the schemas list the same types and members") {
    for (const Direction direction : directions) {
        Names in_table;
        for (const auto& row : rows(direction == Direction::from_client ? "Client to server" : "Server to client")) {
            const std::string type = names_in(row.at(0)).at(0);
            CAPTURE(type);
            in_table.insert(type);
            REQUIRE(types(direction).contains(type));
            const auto& schema = schemas().of(direction).at(type).text;
            const Names properties = members_of(schema["properties"]);
            const Names required = strings_of(schema["required"]);

            // What is in brackets are values. Members behind an "or" need not be there.
            const std::string members = std::regex_replace(row.at(1), std::regex{R"(\([^)]*\))"}, "");
            const auto optional = names_in(members, R"(\*`(\w+)`\*)");
            const bool alternatives = members.find(" or ") != std::string::npos;
            for (const std::string& member : names_in(members)) {
                CAPTURE(member);
                CHECK(properties.contains(member));
                const bool is_optional = std::find(optional.begin(), optional.end(), member) != optional.end();
                if (is_optional || !alternatives) CHECK(required.contains(member) != is_optional);
            }
        }
        CHECK(in_table == types(direction));
    }
}

TEST_CASE("every member of a schema is named in the protocol's prose") {
    const Names named = words_of_the_prose();
    for (const Direction direction : directions)
        for (const auto& schema : schemas().of(direction))
            for_each_value(schema.second.text, "#", [&](const Value& value, const std::string& at) {
                if (!at.ends_with("/properties")) return;
                for (const std::string& member : members_of(value)) {
                    CAPTURE(schema.first, at, member);
                    CHECK(named.contains(member));
                }
            });
}

TEST_CASE("a message that the protocol does not allow is refused, and the complaint says why and where") {
    struct Wrong {
        const char* message;
        const char* keyword;
        const char* at;
    };
    const Wrong wrong[] = {
        // Members that are missing, and null, which is a member of the wrong type.
        {R"({"type":"subscribe","id":1})", "required", "#"},
        {R"({"type":"unsubscribe"})", "required", "#"},
        {R"({"type":"publish","topic":"a"})", "required", "#"},
        {R"({"type":"publish","data":1})", "required", "#"},
        {R"({"type":"call","method":"m"})", "required", "#"},
        {R"({"type":"call","id":1})", "required", "#"},
        {R"({"type":"cancel"})", "required", "#"},
        {R"({"type":"refresh","id":1})", "required", "#"},
        {R"({"type":"refresh","token":"t"})", "required", "#"},
        {R"({"type":"hello","token":null})", "type", "#/token"},
        {R"({"type":"ping","id":null})", "type", "#/id"},
        {R"({"type":"subscribe","topic":"a","presence":null})", "type", "#/presence"},
        // Ids.
        {R"({"type":"ping","id":"1"})", "type", "#/id"},
        {R"({"type":"ping","id":1.5})", "type", "#/id"},
        {R"({"type":"ping","id":-1})", "minimum", "#/id"},
        {R"({"type":"ping","id":9007199254740992})", "maximum", "#/id"},
        {R"({"type":"ping","id":99999999999999999999})", "type", "#/id"},
        // Topics.
        {R"({"type":"subscribe","topic":7})", "type", "#/topic"},
        {R"({"type":"subscribe","topic":""})", "minLength", "#/topic"},
        {R"({"type":"publish","topic":"a.*","data":1})", "pattern", "#/topic"},
        {R"({"type":"publish","topic":"*","data":1})", "pattern", "#/topic"},
        // Subscriptions and positions.
        {R"({"type":"hello","subs":{"topic":"a"}})", "type", "#/subs"},
        {R"({"type":"hello","subs":[{"topic":"a"},"b"]})", "type", "#/subs/1"},
        {R"({"type":"hello","subs":[{"topic":"a","seq":-1,"epoch":"k"}]})", "minimum", "#/subs/0/seq"},
        {R"({"type":"subscribe","topic":"a","epoch":"k"})", "dependencies", "#"},
        {R"({"type":"subscribe","topic":"a","seq":1})", "dependencies", "#"},
        {R"({"type":"subscribe","topic":"a.*","epoch":"k","seq":1})", "dependencies", "#"},
        {R"({"type":"subscribe","topic":"*","epoch":"k","seq":1})", "dependencies", "#"},
        {R"({"type":"subscribe","topic":"a.*","positions":[]})", "dependencies", "#"},
        {R"({"type":"subscribe","topic":"a","epoch":"k","positions":[]})", "dependencies", "#"},
        {R"({"type":"subscribe","topic":"a.*","epoch":"k","seq":1,"positions":[]})", "dependencies", "#"},
        {R"({"type":"subscribe","topic":"*","epoch":"k","positions":[{"topic":"a"}]})", "required", "#/positions/0"},
        {R"({"type":"subscribe","topic":"*","epoch":"k","positions":[{"topic":"a.*","seq":1}]})", "pattern", "#/positions/0/topic"},
        // Calls.
        {R"({"type":"call","id":1,"method":"m","deadline_ms":0})", "minimum", "#/deadline_ms"},
        {R"({"type":"call","id":1,"method":"m","deadline_ms":300001})", "maximum", "#/deadline_ms"},
        // What the server says.
        {R"({"type":"welcome","session":"1-1","now":1,"ping_ms":1})", "required", "#"},
        {R"({"type":"welcome","session":"1-1","now":1,"ping_ms":1,"subs":[{"topic":"a"}]})", "anyOf", "#/subs/0"},
        {R"({"type":"welcome","session":"1-1","now":1,"ping_ms":1,"subs":[{"topic":"a","epoch":"k"}]})", "dependencies", "#/subs/0"},
        {R"({"type":"welcome","session":"1-1","now":1,"ping_ms":1,"subs":[{"topic":"a","error":"x","recovered":true}]})", "dependencies",
         "#/subs/0"},
        {R"({"type":"welcome","session":"1-1","now":1,"ping_ms":1,"subs":[{"topic":"a.*","epoch":"k","seq":1}]})", "dependencies",
         "#/subs/0"},
        {R"({"type":"event","topic":"a.*","event":"e","epoch":"k","seq":1,"ts":1,"data":1})", "pattern", "#/topic"},
        {R"({"type":"event","topic":"a","event":"e","epoch":"k","seq":0,"ts":1,"data":1})", "minimum", "#/seq"},
        {R"({"type":"event","topic":"a","event":"e","epoch":"k","seq":1,"ts":1})", "required", "#"},
        {R"({"type":"presence","topic":"a"})", "oneOf", "#"},
        {R"({"type":"presence","topic":"a","joined":[]})", "dependencies", "#"},
        {R"({"type":"presence","topic":"a","left":[]})", "dependencies", "#"},
        {R"({"type":"presence","topic":"a","state":[],"joined":[],"left":[]})", "oneOf", "#"},
        {R"({"type":"presence","topic":"a","state":[{"subject":"ada"}]})", "required", "#/state/0"},
        {R"({"type":"presence","topic":"a","joined":[],"left":[{"session":"1-1"}]})", "type", "#/left/0"},
        {R"({"type":"reply","sub":{"topic":"a","error":"x"}})", "required", "#/sub"},
        {R"({"type":"reply","sub":{"topic":"a.*","epoch":"k","seq":1}})", "dependencies", "#/sub"},
        {R"({"type":"reply","epoch":"k"})", "dependencies", "#"},
        {R"({"type":"reply","now":1,"data":1})", "oneOf", "#"},
        {R"({"type":"reply","data":1,"stale":true})", "dependencies", "#"},
        {R"({"type":"reply","data":1,"age_ms":1})", "dependencies", "#"},
        {R"({"type":"reply","data":1,"stale":false,"age_ms":1})", "enum", "#/stale"},
        {R"({"type":"error","code":"x","message":""})", "required", "#"},
        {R"({"type":"error","code":"x","message":"","retry":false,"after_ms":1})", "dependencies", "#"},
        {R"({"type":"error","code":"bad_json","message":"","retry":false})", "allOf", "#"},
        {R"({"type":"error","code":"bad_message","message":"","retry":false,"at":1})", "dependencies", "#"},
        {R"({"type":"bye","code":4500,"reason":"","retry":false,"after_ms":1})", "dependencies", "#"},
        {R"({"type":"bye","code":"4001","reason":"","retry":true})", "type", "#/code"},
    };
    for (const Wrong& each : wrong) {
        CAPTURE(each.message);
        const std::string said = complaint(each.message);
        CHECK(said.find("\"" + std::string{each.keyword} + "\" of #") != std::string::npos);
        CHECK(said.substr(said.rfind(' ') + 1) == each.at);
    }
}

TEST_CASE("what the protocol allows is accepted up to its limits") {
    for (const char* message : {
             R"({"type":"hello"})",
             R"({"id":0,"type":"ping"})",
             R"({"type":"ping","id":9007199254740991})",
             R"({"type":"subscribe","topic":"*"})",
             R"({"type":"subscribe","topic":"a","epoch":"","seq":0})",
             R"({"type":"subscribe","topic":"*","epoch":"k","positions":[]})",
             R"({"type":"subscribe","topic":"a.*","presence":true})",
             R"({"type":"publish","topic":"a","data":null})",
             R"({"type":"call","id":1,"method":"m","params":null,"deadline_ms":1})",
             R"({"type":"call","id":1,"method":"m","deadline_ms":300000})",
             R"({"type":"welcome","session":"1-1","now":0,"ping_ms":1,"subs":[]})",
             R"({"type":"welcome","session":"1-1","now":0,"ping_ms":1,"subs":[{"topic":"","error":"bad_topic"}]})",
             R"({"type":"welcome","session":"1-1","now":0,"ping_ms":1,"subs":[{"topic":"a","epoch":"k","seq":0,"conflated":true}]})",
             R"({"type":"event","topic":"a","event":"","epoch":"k","seq":1,"ts":0,"data":null})",
             R"({"type":"presence","topic":"a","state":[]})",
             R"({"type":"reply"})",
             R"({"type":"reply","id":1,"data":null})",
             R"({"type":"reply","id":0,"data":0,"stale":true,"age_ms":0})",
             R"({"type":"reply","now":0})",
             R"({"type":"reply","epoch":"k","seq":1})",
             R"({"type":"reply","sub":{"topic":"a","epoch":"k","seq":0,"recovered":false}})",
             R"({"type":"reply","sub":{"topic":"*","epoch":"k","positions":[{"topic":"a","seq":0}],"recovered":true}})",
             R"({"type":"error","code":"no_such_agent","message":"","retry":true})",
             R"({"type":"error","code":"bad_json","message":"","retry":false,"at":0})",
             R"({"type":"error","code":"timeout","message":"","retry":true,"after_ms":0})",
             R"({"type":"error","id":1,"code":"bad_topic","message":"","retry":false,"topic":""})",
             R"({"type":"bye","code":3000,"reason":"","retry":false})",
             R"({"type":"bye","code":4001,"reason":"","retry":true,"after_ms":0})",
         }) {
        CAPTURE(message);
        CHECK(complaint(message, Unlisted::refused) == "");
    }
}

TEST_CASE("unknown members are ignored, at any depth, in what both sides say") {
    CHECK(complaint(R"({"type":"hello","x":1,"subs":[{"topic":"a","y":2}]})") == "");
    CHECK(complaint(R"({"type":"reply","x":1,"sub":{"topic":"*","epoch":"k","positions":[{"topic":"a","seq":1,"y":2}]}})") == "");
}

TEST_CASE("on demand, members that are not listed are found, and those that are there twice") {
    const auto strict = [](std::string_view message) { return complaint(message, Unlisted::refused); };
    CHECK(strict(R"({"type":"reply","x":1})") == "reply: the schema does not list #/x");
    CHECK(strict(R"({"type":"hello","subs":[{"topic":"a"},{"topic":"a","y":2}]})") == "hello: the schema does not list #/subs/1/y");
    CHECK(strict(R"({"type":"reply","sub":{"topic":"*","epoch":"k","positions":[{"topic":"a","seq":1,"y":2}]}})") ==
          "reply: the schema does not list #/sub/positions/0/y");
    CHECK(strict(R"({"type":"reply","id":1,"id":2})") == "reply: #/id is there twice");
    CHECK(strict(R"({"type":"reply","data":{"x":[{"y":1,"y":2}]}})") == "");
    CHECK(strict(R"({"type":"call","id":1,"method":"m","params":{"x":1}})") == "");
}

TEST_CASE("the data of an event are its last member") {
    CHECK(complaint(R"({"type":"event","data":1,"topic":"a","event":"e","epoch":"k","seq":1,"ts":1})") ==
          "event: data is not the last member");
    CHECK(complaint(R"({"data":1,"topic":"a","type":"publish"})") == "");
}

TEST_CASE("what is no message at all is complained of") {
    const auto said = [](std::string_view text) { return schemas().complaint(Direction::from_server, text).value_or(""); };
    CHECK(said("{").find("is not JSON: ") == 0);
    CHECK(said("{\"type\":\"reply\"}x").find("is not JSON: ") == 0);
    CHECK(said("{\"type\":\"\xFF\"}").find("is not JSON: ") == 0);
    CHECK(said("[]") == "is not a JSON object");
    CHECK(said("{}") == "has no type");
    CHECK(said(R"({"type":7})") == "has no type");
    CHECK(said(R"({"type":"ping"})") == "there is no schema of the type ping");
}

TEST_CASE("topics and patterns are what the hub takes for them") {
    // A schema counts characters, and RapidJSON's patterns end at a NUL: longer names in bytes and NULs are the server's to refuse.
    for (const std::string& topic :
         {std::string{"a"},   std::string{"*"},      std::string{".*"},     std::string{"a.*"},           std::string{"a.b.*"},
          std::string{"a*"},  std::string{"*.a"},    std::string{"a.*.b"},  std::string{"*.*"},           std::string{"a.**"},
          std::string{"."},   std::string{"..*"},    std::string{"a..b."},  std::string{"a b"},           std::string{"ü.😀"},
          std::string{"ü.*"}, std::string(255, 'x'), std::string(256, 'x'), std::string(253, 'x') + ".*", std::string(254, 'x') + ".*",
          std::string{}}) {
        CAPTURE(topic);
        CHECK((complaint(R"({"type":"subscribe","topic":")" + topic + "\"}") == "") == engine::is_subscribable(topic));
        CHECK((complaint(R"({"type":"publish","data":1,"topic":")" + topic + "\"}") == "") == engine::is_topic(topic));
        const bool position = complaint(R"({"type":"subscribe","epoch":"k","seq":1,"topic":")" + topic + "\"}") == "";
        CHECK(position == (engine::is_subscribable(topic) && !engine::is_pattern(topic)));
        const bool positions = complaint(R"({"type":"subscribe","epoch":"k","positions":[],"topic":")" + topic + "\"}") == "";
        CHECK(positions == (engine::is_subscribable(topic) && engine::is_pattern(topic)));
    }
    for (const char* control : {"\\u0001", "\\n", "\\u001f", "\\u007f"}) {
        CAPTURE(control);
        CHECK(complaint(R"({"type":"subscribe","topic":"a)" + std::string{control} + "\"}") != "");
        CHECK(complaint(R"({"type":"subscribe","topic":"a)" + std::string{control} + ".*\"}") != "");
    }
}

TEST_CASE("bye has the codes that a Close frame may have, and says of each whether to come back") {
    for (unsigned code = 0; code < 5010; ++code) {
        const auto said = [&](const char* retry) {
            return complaint(R"({"type":"bye","reason":"","code":)" + std::to_string(code) + R"(,"retry":)" + retry + "}") == "";
        };
        const auto close_code = static_cast<CloseCode>(code);
        const bool come_back = said("true"), stay_away = said("false");
        if (come_back != (is_sendable(close_code) && may_come_back(close_code))) FAIL_CHECK("retry of " << code);
        if (stay_away != (is_sendable(close_code) && !may_come_back(close_code))) FAIL_CHECK("no retry of " << code);
    }
}

TEST_CASE("the schema knows of every code of the table of errors whether to retry, and of no other") {
    std::size_t codes = 0;
    for (const auto& row : rows("Errors"))
        for (const std::string& code : names_in(row.at(0))) {
            CAPTURE(code);
            ++codes;
            const auto said = [&](const std::string& retry) {
                const char* at = code == "bad_json" ? R"(,"at":0)" : "";
                return complaint(R"({"type":"error","message":"","code":")" + code + R"(","retry":)" + retry + at + "}");
            };
            const bool retry = row.at(1).find("yes") != std::string::npos;
            CHECK(said(retry ? "true" : "false") == "");
            CHECK(said(retry ? "false" : "true") != "");
        }

    const auto& schema = schemas().of(Direction::from_server).at("error").text;
    std::size_t known = 0;
    for (const char* list : {"/allOf/1/anyOf/1/properties/code/not/enum", "/allOf/2/anyOf/1/properties/code/not/enum"})
        known += Pointer{list}.Get(schema)->Size();
    CHECK(known == codes);
}

TEST_CASE("every schema is draft 4, stands alone, and describes each member") {
    for (const Direction direction : directions)
        for (const auto& [type, schema] : schemas().of(direction)) {
            CAPTURE(type);
            CHECK(Shape{schema.text}.wrong() == std::vector<std::string>{});
            REQUIRE(schema.text.HasMember("$schema"));
            CHECK(view(schema.text["$schema"]) == "http://json-schema.org/draft-04/schema#");
            CHECK(view(schema.text["title"]) == type);
            CHECK(schema.text.HasMember("description"));
            CHECK(view(schema.text["type"]) == "object");
            CHECK(strings_of(schema.text["required"]).contains("type"));
            const Value* types = Pointer{"/properties/type/enum"}.Get(schema.text);
            REQUIRE(types != nullptr);
            CHECK(strings_of(*types) == Names{type});
        }
}

TEST_CASE("a schema of the wrong shape is found") {
    CHECK(shape_of(R"({"properties":{"a":{"type":"string"}}})") == std::vector<std::string>{"#/properties/a has no description"});
    CHECK(shape_of(R"({"const":1})") == std::vector<std::string>{"#/const is no keyword that these schemas use"});
    CHECK(shape_of(R"({"type":"text"})") == std::vector<std::string>{"#/type is not a type"});
    CHECK(shape_of(R"({"required":["a"]})") == std::vector<std::string>{"#/required a is not listed"});
    CHECK(shape_of(R"({"not":{"required":["a"]}})") == std::vector<std::string>{"#/not/required a is not listed"});
    CHECK(shape_of(R"({"items":{"$ref":"#/definitions/a"}})") == std::vector<std::string>{"#/items refers to nothing: #/definitions/a"});
    CHECK(shape_of(R"({"items":{"$ref":"#/definitions/a","title":"t"},"definitions":{"a":{"description":"d"}}})") ==
          std::vector<std::string>{"#/items has something beside $ref, which draft 4 ignores"});
}

TEST_CASE("definitions of the same name are the same in every schema, and a subscription is the same in hello and subscribe") {
    std::map<std::string, const Value*> seen;
    for (const Direction direction : directions)
        for (const auto& [type, schema] : schemas().of(direction)) {
            if (!schema.text.HasMember("definitions")) continue;
            for (const auto& member : schema.text["definitions"].GetObject()) {
                CAPTURE(type, view(member.name));
                const auto [first, is_new] = seen.emplace(view(member.name), &member.value);
                CHECK((is_new || *first->second == member.value));
            }
        }

    const auto& subscribe = schemas().of(Direction::from_client).at("subscribe").text;
    const Value& subscription = *seen.at("subscription");
    CHECK(subscribe["dependencies"] == subscription["dependencies"]);
    for (const auto& member : subscription["properties"].GetObject()) {
        CAPTURE(view(member.name));
        REQUIRE(subscribe["properties"].HasMember(member.name));
        CHECK(subscribe["properties"][member.name] == member.value);
    }
    CHECK(subscribe["properties"].MemberCount() == subscription["properties"].MemberCount() + 2);  // type and id
}

TEST_CASE("the references of asyncapi.json lead somewhere") {
    for_each_value(asyncapi(), "#", [](const Value& value, const std::string& at) {
        if (!at.ends_with("/$ref")) return;
        const std::string target{view(value)};
        CAPTURE(at, target);
        if (target.starts_with("#"))
            CHECK(Pointer{target.c_str()}.Get(asyncapi()) != nullptr);
        else
            CHECK(std::filesystem::is_regular_file(docs / target));
    });
}

TEST_CASE("the messages of asyncapi.json are those that have schemas") {
    CHECK(std::string_view{asyncapi()["asyncapi"].GetString()} == "3.0.0");
    const Value& messages = asyncapi()["components"]["messages"];
    CHECK(members_of(messages) == types());
    CHECK(members_of(asyncapi()["channels"]["hub"]["messages"]) == types());
    for (const std::string& type : types()) {
        CAPTURE(type);
        const Value& message = messages[type.c_str()];
        const std::string folder = direction_of(type) == Direction::from_client ? "client/" : "server/";
        CHECK(view(message["name"]) == type);
        CHECK(view(message["payload"]["$ref"]) == "schema/" + folder + type + ".schema.json");
        const Value& properties = schemas().of(direction_of(type)).at(type).text["properties"];
        CHECK(message.HasMember("correlationId") == properties.HasMember("id"));
        CHECK(view(Pointer{("/channels/hub/messages/" + type + "/$ref").c_str()}.Get(asyncapi())[0]) == "#/components/messages/" + type);
    }
}

TEST_CASE("in asyncapi.json the server receives what clients send, each by one operation, and sends the rest") {
    Names received, sent;
    for (const auto& member : asyncapi()["operations"].GetObject()) {
        const Value& operation = member.value;
        CAPTURE(view(member.name));
        Names messages = referred(operation["messages"]);
        REQUIRE(messages.size() == 1);
        if (view(operation["action"]) == "receive") {
            CHECK(received.insert(*messages.begin()).second);
            sent.merge(referred(operation["reply"]["messages"]));
        } else {
            CHECK(view(operation["action"]) == "send");
            sent.merge(messages);
        }
    }
    CHECK(received == types(Direction::from_client));
    CHECK(sent == types(Direction::from_server));
}
