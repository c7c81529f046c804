#pragma once
// What a client writes, read in one pass without a document: members are taken as they come by, and `data` and `params` stay the bytes they
// are in the message.

#include <kingbolt/core/channel.hpp>
#include <kingbolt/engine/topic_name.hpp>
#include <kingbolt/engine/utf8.hpp>
#include <kingbolt/protocol/json_stream.hpp>

#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt::protocol {

/// The members that some request has, those that come most often first.
enum class JsonMember : std::uint8_t {
    other,
    type,
    topic,
    data,
    event,
    id,
    method,
    params,
    seq,
    epoch,
    presence,
    positions,
    subs,
    token,
    deadline_ms
};

inline constexpr std::array<std::string_view, 15> json_member_names{"",         "type",      "topic",  "data",  "event",
                                                                    "id",       "method",    "params", "seq",   "epoch",
                                                                    "presence", "positions", "subs",   "token", "deadline_ms"};

/// All that the members of a message said, before it is known which of them its type has.
struct JsonRequest {
    std::string type{};
    channel::RequestId id{};
    channel::Wish wish{};
    std::optional<std::string> token{};
    std::vector<channel::Wish> wishes{};
    std::string event{};
    std::string method{};
    std::string_view data{};
    std::string_view params{};
    std::optional<Duration> deadline{};
    std::optional<JsonMember> wrong{};  ///< the first that was not of its type, or out of its range; `other`: the message is no object
};

/// Takes what RapidJSON's reader finds.
class JsonTaker {
public:
    static constexpr std::size_t max_depth = 64;
    static constexpr std::uint64_t max_number = (std::uint64_t{1} << 53U) - 1;
    static constexpr std::uint64_t max_deadline_ms = 300'000;

    JsonTaker(std::string_view text, const InPlaceStream& stream) : text_{text}, stream_{stream} {}

    JsonRequest request{};
    bool too_deep = false;

    bool Null() { return scalar(false); }
    bool Bool(bool value) {
        if (!takes(JsonMember::presence)) return scalar(false);
        wish().presence = value;
        return scalar(true);
    }
    bool Int(int) { return scalar(false); }
    bool Int64(std::int64_t) { return scalar(false); }
    bool Double(double) { return scalar(false); }
    bool RawNumber(const char*, rapidjson::SizeType, bool) { return scalar(false); }
    bool Uint(unsigned value) { return Uint64(value); }
    bool Uint64(std::uint64_t value) { return scalar(take_number(value)); }
    bool String(const char* characters, rapidjson::SizeType size, bool) { return scalar(take_string({characters, size})); }

    bool Key(const char* characters, rapidjson::SizeType size, bool) {
        key_ = place() == Place::elsewhere ? JsonMember::other : named({characters, size});
        if (place() == Place::root) {
            end_member(',');
            root_key_ = key_;
            key_at_ = stream_.Tell();
        }
        return true;
    }

    bool StartObject() {
        if (depth_ == 0) return enter(Place::root);
        if (place() == Place::subs) {
            request.wishes.emplace_back();
            of_sub_ = {};
            return enter(Place::sub);
        }
        if (place() == Place::positions) {
            position().positions.emplace_back();
            return enter(Place::position);
        }
        if (!is_raw()) refuse();
        return enter(Place::elsewhere);
    }
    bool StartArray() {
        if (takes(JsonMember::subs)) {
            request.wishes.clear();
            return enter(Place::subs);
        }
        if (takes(JsonMember::positions)) {
            given().positions = true;
            position().positions.clear();
            return enter(Place::positions);
        }
        if (!is_raw()) refuse();
        return enter(Place::elsewhere);
    }
    bool EndObject(rapidjson::SizeType) {
        if (place() == Place::sub && wish().topic.empty()) note(JsonMember::topic);
        if (place() == Place::sub && !of_sub_.is_whole(wish().topic)) note(JsonMember::epoch);
        if (place() == Place::root) end_member('}');
        if (place() == Place::root && request.type == "subscribe" && !of_root_.is_whole(request.wish.topic)) note(JsonMember::epoch);
        if (place() == Place::position && position().positions.back().topic.empty()) note(JsonMember::positions);
        return leave();
    }
    bool EndArray(rapidjson::SizeType) { return leave(); }

private:
    /// What of a position a subscription has named.
    struct Given {
        bool epoch = false;
        bool sequence = false;
        bool positions = false;

        /// All of a position of its kind, or nothing.
        bool is_whole(std::string_view topic) const noexcept {
            return engine::is_pattern(topic) ? !sequence && epoch == positions : !positions && epoch == sequence;
        }
    };

    /// What the innermost open object or array is.
    enum class Place : std::uint8_t { elsewhere, root, subs, sub, positions, position };

    Place place() const noexcept { return depth_ == 0 || depth_ > places_.size() ? Place::elsewhere : places_[depth_ - 1]; }
    bool in_object() const noexcept { return place() == Place::root || place() == Place::sub || place() == Place::position; }
    bool takes(JsonMember member) const noexcept { return in_object() && key_ == member; }
    /// Values of these are not looked into.
    bool is_raw() const noexcept { return place() == Place::root && (key_ == JsonMember::data || key_ == JsonMember::params); }

    bool enter(Place place) {
        if (depth_ == max_depth) {
            too_deep = true;
            return false;
        }
        if (depth_ < places_.size()) places_[depth_] = place;
        ++depth_;
        return true;
    }
    bool leave() {
        if (--depth_ == 1) key_ = root_key_;
        return true;
    }

    bool scalar(bool taken) {
        if (!taken && !is_raw()) refuse();
        return true;
    }
    /// A value where none of its kind belongs. Elements of arrays count for the member that is the array.
    void refuse() {
        if (depth_ == 0)
            note(JsonMember::other);
        else if (place() == Place::subs)
            note(JsonMember::subs);
        else if (place() == Place::positions)
            note(JsonMember::positions);
        else if (in_object() && key_ != JsonMember::other)
            note(key_);
    }
    void note(JsonMember member) {
        if (!request.wrong) request.wrong = member;
    }

    /// The parser is at the next member's first quote, or at the bracket. Of what it is reading it tells only where that begins, so that
    /// a value's end is known when the next thing comes.
    void end_member(char before) {
        if (root_key_ != JsonMember::data && root_key_ != JsonMember::params) return;
        constexpr std::string_view space = " \t\r\n";
        std::string_view member = text_.substr(key_at_, stream_.Tell() - key_at_);
        if (before == ',') member = member.substr(0, member.find_last_of(','));
        member.remove_prefix(member.find('"', 1) + 1);  // none in these two names, however they are written
        member.remove_prefix(member.find_first_not_of(space, member.find(':') + 1));
        (root_key_ == JsonMember::data ? request.data : request.params) = member.substr(0, member.find_last_not_of(space) + 1);
    }

    bool take_number(std::uint64_t value) {
        if (value > max_number) return false;
        if (takes(JsonMember::id)) {
            request.id = value;
        } else if (takes(JsonMember::deadline_ms)) {
            if (value < 1 || value > max_deadline_ms) return false;
            request.deadline = std::chrono::milliseconds{value};
        } else if (takes(JsonMember::seq)) {
            if (place() == Place::position) {
                position().positions.back().sequence = value;
            } else {
                given().sequence = true;
                position().sequence = value;
            }
        } else {
            return false;
        }
        return true;
    }

    bool take_string(std::string_view value) {
        std::string* const to = target();
        if (to == nullptr || !engine::is_utf8(value)) return false;  // the parser lets half a surrogate pair pass
        to->assign(value);
        return true;
    }
    std::string* target() {
        if (takes(JsonMember::topic)) return place() == Place::position ? &position().positions.back().topic : &wish().topic;
        if (takes(JsonMember::epoch) && place() == Place::position) return &position().positions.back().epoch;
        if (takes(JsonMember::epoch)) {
            given().epoch = true;
            return &position().epoch;
        }
        if (takes(JsonMember::type)) return &request.type;
        if (takes(JsonMember::event)) return &request.event;
        if (takes(JsonMember::method)) return &request.method;
        if (takes(JsonMember::token)) return &request.token.emplace();
        return nullptr;
    }

    Given& given() noexcept { return in_subs() ? of_sub_ : of_root_; }
    bool in_subs() const noexcept { return depth_ >= 2 && places_[1] == Place::subs; }

    channel::Wish& wish() { return in_subs() ? request.wishes.back() : request.wish; }
    channel::Position& position() {
        channel::Wish& of = wish();
        return of.from ? *of.from : of.from.emplace();
    }

    /// Which members an object has depends on its place; of the others nothing is said.
    JsonMember named(std::string_view name) const noexcept {
        for (std::size_t i = 1; i < json_member_names.size(); ++i) {
            if (json_member_names[i] != name) continue;
            const auto member = static_cast<JsonMember>(i);
            const bool of_position = member == JsonMember::topic || member == JsonMember::seq || member == JsonMember::epoch;
            const bool of_sub = of_position || member == JsonMember::presence || member == JsonMember::positions;
            return place() == Place::root || (place() == Place::sub && of_sub) || of_position ? member : JsonMember::other;
        }
        return JsonMember::other;
    }

    std::string_view text_;
    const InPlaceStream& stream_;
    std::array<Place, 5> places_{};  ///< root, subs, sub, positions, position: nothing deeper is looked at
    std::size_t depth_ = 0;
    JsonMember key_ = JsonMember::other;
    JsonMember root_key_ = JsonMember::other;
    Given of_root_{}, of_sub_{};
    std::size_t key_at_ = 0;  ///< where the message's own member begins
};

/// One reader, many messages, one after the other.
class JsonReader {
public:
    channel::Request read(std::string_view text) {
        copy_ = text;
        InPlaceStream stream{copy_};
        JsonTaker taker{text, stream};
        const auto parsed = reader_->Parse<flags>(stream, taker);
        if (taker.too_deep) return unreadable("nested more than 64 deep", stream.Tell());
        if (parsed.IsError()) return unreadable(rapidjson::GetParseError_En(parsed.Code()), parsed.Offset());
        // The parser takes a NUL for the end.
        if (stream.Tell() != text.size()) return unreadable("something follows the message", stream.Tell());
        return understand(std::move(taker.request));
    }

    /// Whether `text` is one JSON value and nothing else.
    bool is_value(std::string_view text) {
        copy_ = text;
        InPlaceStream stream{copy_};
        rapidjson::BaseReaderHandler<PassedUtf8> nothing;
        return !reader_->Parse<flags>(stream, nothing).IsError() && stream.Tell() == text.size();
    }

private:
    static constexpr unsigned flags = rapidjson::kParseIterativeFlag | rapidjson::kParseInsituFlag;

    static channel::Failure unreadable(std::string why, std::size_t at) {
        return {.code = "bad_json", .message = std::move(why), .at = at, .malformed = true};
    }
    static channel::Failure bad_message(channel::RequestId id, std::string why) {
        return {.id = id, .code = "bad_message", .message = std::move(why)};
    }

    static channel::Request understand(JsonRequest&& said) {
        if (said.wrong == JsonMember::other) return bad_message({}, "a message is a JSON object");
        if (said.wrong)
            return bad_message(said.id, "\"" + std::string{json_member_names[static_cast<std::size_t>(*said.wrong)]} +
                                            "\" is missing, of the wrong type or out of its range");
        const auto lacks = [&](const char* what) { return bad_message(said.id, said.type + " needs \"" + what + '"'); };
        const std::string_view type = said.type;
        if (type.empty()) return lacks("type");
        const bool about_topic = type == "publish" || type == "subscribe" || type == "unsubscribe";
        if (about_topic && said.wish.topic.empty()) return lacks("topic");
        const bool by_id = type == "call" || type == "cancel" || type == "refresh";
        if (by_id && !said.id) return lacks("id");

        if (type == "publish") {
            if (said.data.empty()) return lacks("data");
            return channel::Publish{said.id, std::move(said.wish.topic), said.event.empty() ? "message" : std::move(said.event), said.data};
        }
        if (type == "call") {
            if (said.method.empty()) return lacks("method");
            return channel::CallMethod{*said.id, std::move(said.method), said.params, said.deadline};
        }
        if (type == "ping") return channel::Ping{said.id};
        if (type == "subscribe") return channel::Subscribe{said.id, std::move(said.wish)};
        if (type == "unsubscribe") return channel::Unsubscribe{said.id, std::move(said.wish.topic)};
        if (type == "hello") return channel::Hello{std::move(said.token), std::move(said.wishes)};
        if (type == "cancel") return channel::Cancel{*said.id};
        if (type == "refresh") {
            if (!said.token) return lacks("token");
            return channel::Refresh{*said.id, *std::move(said.token)};
        }
        return channel::Failure{.id = said.id, .code = "unknown_type", .message = "there is no such \"type\""};
    }

    std::string copy_;
    using Reader = rapidjson::GenericReader<PassedUtf8, PassedUtf8>;
    std::unique_ptr<Reader> reader_ = std::make_unique<Reader>();  // keeps its memory, and cannot be moved
};

}  // namespace kingbolt::protocol
