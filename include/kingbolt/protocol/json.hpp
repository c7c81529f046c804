#pragma once
// The protocol `kingbolt.v1.json` of docs/protocol.md, read and written by RapidJSON.
//
//     kb::Channels channels{hub, kb::protocol::Json{}};

#include <kingbolt/concepts/channel_protocol.hpp>
#include <kingbolt/core/message.hpp>
#include <kingbolt/protocol/json_reader.hpp>

#include <rapidjson/allocators.h>
#include <rapidjson/encodings.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kingbolt::protocol {

class Json {
public:
    static constexpr std::string_view subprotocol = "kingbolt.v1.json";

    channel::Request read(Message message) {
        if (!message.is_text()) return channel::Failure{.code = "not_text", .message = "send JSON in text messages", .malformed = true};
        return reader_.read(message.text());
    }
    bool is_value(std::string_view text) { return reader_.is_value(text); }

    /// `data` is the last member, and the bytes that were given. This one is written for every publication: by hand, because a writer looks
    /// at each byte also of what is always the same.
    std::string event(const channel::Event& event) const {
        constexpr std::size_t around = 120;  // the names, two numbers, what separates them
        std::string text;
        text.reserve(around + event.topic.size() + event.name.size() + event.epoch.size() + event.data.size());
        quote(text.append(R"({"type":"event","topic":)"), event.topic);
        quote(text.append(R"(,"event":)"), event.name);
        quote(text.append(R"(,"epoch":)"), event.epoch);
        write(text.append(R"(,"seq":)"), event.sequence);
        write(text.append(R"(,"ts":)"), event.ts);
        text.append(R"(,"data":)").append(event.data).push_back('}');
        return text;
    }

    std::string welcome(std::string_view session, std::int64_t now, std::int64_t ping_ms, std::span<const channel::Subscribed> subs) const {
        Text text{"welcome"};
        text.member("session", session).member("now", now).member("ping_ms", ping_ms);
        text.key("subs").writer().StartArray();
        for (const channel::Subscribed& sub : subs) write(text, sub);
        text.writer().EndArray();
        return text.take();
    }
    std::string subscribed(const channel::RequestId& id, const channel::Subscribed& sub) const {
        Text text{"reply"};
        text.id(id).key("sub");
        write(text, sub);
        return text.take();
    }
    std::string done(const channel::RequestId& id) const { return Text{"reply"}.id(id).take(); }
    std::string published(const channel::RequestId& id, std::string_view epoch, std::uint64_t sequence) const {
        return Text{"reply"}.id(id).member("epoch", epoch).member("seq", sequence).take();
    }
    std::string time(const channel::RequestId& id, std::int64_t now) const { return Text{"reply"}.id(id).member("now", now).take(); }
    std::string answer(std::uint64_t id, std::string_view data, std::optional<Duration> stale_age) const {
        Text text{"reply"};
        text.id(id);
        if (stale_age) text.member("stale", true).member("age_ms", std::int64_t{milliseconds(*stale_age)});
        return text.take_with("data", data);
    }
    std::string failure(const channel::Failure& failure) const {
        Text text{"error"};
        text.id(failure.id).member("code", failure.code).member("message", failure.message).member("retry", failure.retry);
        if (failure.after) text.member("after_ms", std::int64_t{milliseconds(*failure.after)});
        if (failure.at) text.member("at", std::uint64_t{*failure.at});
        if (!failure.topic.empty()) text.member("topic", failure.topic);
        return text.take();
    }
    std::string present(std::string_view topic, std::span<const channel::Member> members) const {
        Text text{"presence"};
        text.member("topic", topic);
        write(text, "state", members);
        return text.take();
    }
    std::string presence_changed(std::string_view topic, std::span<const channel::Member> joined, std::span<const std::string> left) const {
        Text text{"presence"};
        text.member("topic", topic);
        write(text, "joined", joined);
        text.key("left").writer().StartArray();
        for (const std::string& session : left) text.string(session);
        text.writer().EndArray();
        return text.take();
    }
    std::string bye(const channel::Bye& bye) const {
        Text text{"bye"};
        text.member("code", std::uint64_t{static_cast<std::uint16_t>(bye.code)})
            .member("reason", bye.reason)
            .member("retry", may_come_back(bye.code));
        if (bye.after != Duration::max()) text.member("after_ms", std::int64_t{milliseconds(bye.after)});
        return text.take();
    }

private:
    using Pool = rapidjson::MemoryPoolAllocator<>;
    using Buffer = rapidjson::GenericStringBuffer<rapidjson::UTF8<>, Pool>;
    using Writer = rapidjson::Writer<Buffer, rapidjson::UTF8<>, rapidjson::UTF8<>, Pool>;

    /// One message, member by member. Most fit into its own memory: by default the writer and its buffer would ask the heap four times.
    class Text {
    public:
        explicit Text(std::string_view type) {
            writer_.StartObject();
            member("type", type);
        }
        Text& key(std::string_view name) {
            writer_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
            return *this;
        }
        Text& string(std::string_view value) {
            writer_.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
            return *this;
        }
        Text& id(const channel::RequestId& id) { return id ? member("id", *id) : *this; }
        Text& member(std::string_view name, std::string_view value) { return key(name).string(value); }
        Text& member(std::string_view name, const char* value) = delete;  // it would be taken for a flag
        Text& member(std::string_view name, const std::string& value) { return member(name, std::string_view{value}); }
        Text& member(std::string_view name, bool value) {
            key(name).writer_.Bool(value);
            return *this;
        }
        Text& member(std::string_view name, std::uint64_t value) {
            key(name).writer_.Uint64(value);
            return *this;
        }
        Text& member(std::string_view name, std::int64_t value) {
            key(name).writer_.Int64(value);
            return *this;
        }
        Writer& writer() noexcept { return writer_; }
        std::string take() {
            writer_.EndObject();
            return {buffer_.GetString(), buffer_.GetSize()};
        }
        /// Behind one last member, which is JSON already. The writer would look at each of its bytes.
        std::string take_with(std::string_view name, std::string_view json) {
            std::string text;
            text.reserve(buffer_.GetSize() + name.size() + json.size() + 5);
            text.append(buffer_.GetString(), buffer_.GetSize()).append(",\"").append(name).append("\":").append(json).push_back('}');
            return text;
        }

    private:
        static constexpr std::size_t usual_size = 512, usual_depth = 8, more_at_once = 4'096;

        alignas(std::max_align_t) char memory_[2 * usual_size];  // NOLINT(modernize-avoid-c-arrays): nobody reads it unwritten
        Pool pool_{memory_, sizeof memory_, more_at_once};
        Buffer buffer_{&pool_, usual_size};
        Writer writer_{buffer_, &pool_, usual_depth};
    };

    static void quote(std::string& text, std::string_view value) {
        const auto is_plain = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; };
        if (std::ranges::all_of(value, is_plain)) {
            text.append(1, '"').append(value).push_back('"');
            return;
        }
        Buffer buffer;
        Writer{buffer}.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
        text.append(buffer.GetString(), buffer.GetSize());
    }
    template <std::integral N>
    static void write(std::string& text, N number) {
        std::array<char, std::numeric_limits<N>::digits10 + 2> digits;
        text.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
    }

    static void write(Text& text, const channel::Subscribed& sub) {
        text.writer().StartObject();
        text.member("topic", sub.topic);
        if (!sub.error.empty()) {
            text.member("error", sub.error);
        } else {
            text.member("epoch", sub.position.epoch);
            if (!sub.is_pattern) text.member("seq", sub.position.sequence);
            if (sub.recovered) text.member("recovered", *sub.recovered);
            if (sub.conflated) text.member("conflated", true);
            if (sub.is_pattern) {
                text.key("positions").writer().StartArray();
                for (const auto& [topic, sequence, epoch] : sub.position.positions) {
                    text.writer().StartObject();
                    text.member("topic", topic).member("seq", sequence);
                    if (!epoch.empty()) text.member("epoch", epoch);
                    text.writer().EndObject();
                }
                text.writer().EndArray();
            }
        }
        text.writer().EndObject();
    }
    static void write(Text& text, std::string_view name, std::span<const channel::Member> members) {
        text.key(name).writer().StartArray();
        for (const channel::Member& member : members) {
            text.writer().StartObject();
            text.member("session", member.session);
            if (!member.subject.empty()) text.member("subject", member.subject);
            text.writer().EndObject();
        }
        text.writer().EndArray();
    }

    JsonReader reader_;
};

static_assert(ChannelProtocol<Json>);

}  // namespace kingbolt::protocol
