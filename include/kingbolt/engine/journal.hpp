#pragma once
// What happened to a connection before it ended. One ring serves the whole hub, so that an idle connection owns 16 bytes
// of it and a flood from one client costs the others their oldest lines, never memory.

#include <kingbolt/concepts/observer.hpp>
#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/error.hpp>
#include <kingbolt/core/event.hpp>
#include <kingbolt/engine/block_array.hpp>
#include <kingbolt/engine/text.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kingbolt {

/// How much is remembered.
struct JournalOptions {
    std::size_t capacity = 16'384;  ///< entries for all connections together, 80 bytes each; 64 to 16,777,216
};

/// What kind of fact a journal entry keeps.
enum class Fact : std::uint8_t {
    accepted,
    opened,
    rejected,
    authenticated,
    authentication_failed,
    limit_exceeded,
    message_received,
    ping_sent,
    ping_received,
    pong_received,
    pong_missed,
    subscribed,
    unsubscribed,
    queue_high,
    dropped,
    handler_failed,
    closing,
    closed,
};

constexpr std::string_view to_string(Fact fact) noexcept {
    constexpr std::array<std::string_view, 18> names{
        "accepted",       "opened",           "rejected",     "authenticated", "authentication_failed",
        "limit_exceeded", "message_received", "ping_sent",    "ping_received", "pong_received",
        "pong_missed",    "subscribed",       "unsubscribed", "queue_high",    "dropped",
        "handler_failed", "closing",          "closed"};
    return names[static_cast<std::size_t>(fact)];
}

/// A fact, or several of one kind in a row.
struct JournalEntry {
    TimePoint at{};
    TimePoint last{};  ///< of `count` facts of one kind in a row
    SessionId session{};
    Fact fact{};                  ///< what happened
    std::uint32_t count = 1;      ///< how often in a row
    std::uint64_t amount = 0;     ///< bytes, nanoseconds of RTT, misses, a status, a sequence or a close code: by `fact`
    std::array<char, 32> text{};  ///< the beginning of a topic, path, remote, reason or cause, the first of the run's; padded with zeros

    /// Without the zeros.
    std::string_view words() const noexcept {
        return {text.data(), static_cast<std::size_t>(std::ranges::find(text, '\0') - text.begin())};
    }
};

/// An observer; give it to the hub as an lvalue and ask it when something has gone wrong. The hub's loop only.
class Journal {
public:
    using slot = kingbolt::slot::observer;
    static constexpr std::size_t dump_limit = 64;  ///< entries that `entries_of` gives unless told otherwise

    /// Throws InvalidOption.
    explicit Journal(JournalOptions options = {}) {
        if (options.capacity < 64 || options.capacity > 16'777'216)
            throw InvalidOption{"JournalOptions.capacity", std::to_string(options.capacity), "64 to 16,777,216",
                                "keep about 64 entries for each connection you expect to look at"};
        ring_.resize(options.capacity);
    }

    /// The last entries of a connection, at most `limit`, oldest first; fewer when the ring has moved on. Also for one that
    /// has ended, until its place in the hub is taken again.
    std::vector<JournalEntry> entries_of(SessionId session, std::size_t limit = dump_limit) const {
        std::vector<JournalEntry> found;
        const Latest* const own = known(session);
        std::uint64_t position = own != nullptr ? own->position : nowhere;
        while (position != nowhere && alive(position) && found.size() < limit) {
            found.push_back(at(position).entry);
            position = at(position).previous;
        }
        std::ranges::reverse(found);
        return found;
    }

    void operator()(const event::Accepted& e) { add(e.session, Fact::accepted, e.at, 0, e.remote); }
    void operator()(const event::Opened& e) { add(e.session, Fact::opened, e.at, 0, e.path); }
    void operator()(const event::Rejected& e) { add(e.session, Fact::rejected, e.at, e.status, to_string(e.cause)); }
    void operator()(const event::Authenticated& e) { add(e.session, Fact::authenticated, e.at, 0, e.subject); }
    void operator()(const event::AuthenticationFailed& e) { add(e.session, Fact::authentication_failed, e.at, 0, to_string(e.why)); }
    void operator()(const event::LimitExceeded& e) { add_run(e.session, Fact::limit_exceeded, e.at, 1, to_string(e.limit)); }
    void operator()(const event::MessageReceived& e) { add_run(e.session, Fact::message_received, e.at, e.bytes); }
    void operator()(const event::PingSent& e) { add(e.session, Fact::ping_sent, e.at, e.sequence); }
    void operator()(const event::PingReceived& e) { add_run(e.session, Fact::ping_received, e.at, e.bytes); }
    void operator()(const event::PongReceived& e) {
        add(e.session, Fact::pong_received, e.at, e.rtt ? static_cast<std::uint64_t>(e.rtt->count()) : 0, e.rtt ? "" : "unsolicited");
    }
    void operator()(const event::PongMissed& e) {
        add(e.session, Fact::pong_missed, e.at, e.in_a_row, e.write_stalled ? "write stalled" : "silence");
    }
    void operator()(const event::Subscribed& e) { add(e.session, Fact::subscribed, e.at, 0, e.topic); }
    void operator()(const event::Unsubscribed& e) { add(e.session, Fact::unsubscribed, e.at, 0, e.topic); }
    void operator()(const event::QueueHigh& e) { add(e.session, Fact::queue_high, e.at, e.bytes); }
    void operator()(const event::Dropped& e) { add_run(e.session, Fact::dropped, e.at, 1, e.topic); }
    void operator()(const event::HandlerFailed& e) {
        if (e.session) add(e.session, Fact::handler_failed, e.at, 0, e.what);  // a null session has no history to belong to
    }
    void operator()(const event::Closing& e) { add(e.session, Fact::closing, e.at, static_cast<std::uint64_t>(e.code), e.reason); }
    void operator()(const event::Closed& e) { add(e.session, Fact::closed, e.at, static_cast<std::uint64_t>(e.code), to_string(e.cause)); }

private:
    static constexpr std::uint64_t nowhere = ~std::uint64_t{0};

    struct Cell {
        JournalEntry entry;
        std::uint64_t previous = nowhere;  // the same session's, by position since the beginning
    };
    struct Latest {
        std::uint64_t position = nowhere;
        std::uint32_t generation = 0;
        std::uint32_t cell = 0;  // where that is in the ring: to divide for every message would cost more than all else here
    };

    bool alive(std::uint64_t position) const noexcept { return next_ - position <= ring_.size(); }
    const Cell& at(std::uint64_t position) const noexcept { return ring_[position % ring_.size()]; }

    /// Null: nothing has been written of that session.
    const Latest* known(SessionId session) const noexcept {
        if (session.index >= latest_.size() || latest_[session.index].generation != session.generation) return nullptr;
        return &latest_[session.index];
    }
    Latest& latest(SessionId session) {
        latest_.reach(session.index);
        Latest& found = latest_[session.index];
        if (found.generation != session.generation) found = {nowhere, session.generation, 0};
        return found;
    }

    [[gnu::noinline]] void add(SessionId session, Fact fact, TimePoint when, std::uint64_t amount, std::string_view text = {}) {
        Latest& own = latest(session);
        Cell& cell = ring_[next_cell_];
        cell = {{when, when, session, fact, 1, amount, {}}, own.position};
        text.copy(cell.entry.text.data(), cell.entry.text.size());
        own.position = next_++;
        own.cell = next_cell_;
        if (++next_cell_ == ring_.size()) next_cell_ = 0;
    }

    // A run of one kind is one entry: a million messages between two pings must not push everything else out. Inlined, because `text` would
    // go through memory, in other pieces than it is read in, for an entry that has no use for it.
    [[gnu::always_inline]] void add_run(SessionId session, Fact fact, TimePoint when, std::uint64_t amount, std::string_view text = {}) {
        if (!joins_run(session, fact, when, amount)) add(session, fact, when, amount, text);
    }
    bool joins_run(SessionId session, Fact fact, TimePoint when, std::uint64_t amount) noexcept {
        const Latest* const own = known(session);
        if (own == nullptr) return false;
        // Where its latest entry was, if the ring has moved on, somebody else's is.
        JournalEntry& run = ring_[own->cell].entry;
        if (run.session != session || run.fact != fact) return false;
        run.last = when;
        ++run.count;
        run.amount += amount;
        return true;
    }

    std::vector<Cell> ring_;
    engine::BlockArray<Latest> latest_;
    std::uint64_t next_ = 0;
    std::uint32_t next_cell_ = 0;  // `next_` modulo the size of the ring
};

static_assert(Observer<Journal>);

/// One line: `+12.345 s pong_received 1.200 ms`; `since` is what the times count from.
inline std::string to_text(const JournalEntry& entry, TimePoint since) {
    std::string line = "+" + engine::decimal(engine::seconds(entry.at - since), 3) + " s " + std::string{to_string(entry.fact)};
    if (entry.count > 1) line += " x" + std::to_string(entry.count);
    switch (entry.fact) {
    case Fact::message_received:
    case Fact::ping_received:
    case Fact::queue_high: line += " " + std::to_string(entry.amount) + " bytes"; break;
    case Fact::pong_received:
        if (entry.amount != 0) line += " " + engine::decimal(static_cast<double>(entry.amount) / 1e6, 3) + " ms";
        break;
    case Fact::rejected:
    case Fact::ping_sent:
    case Fact::pong_missed:
    case Fact::closing:
    case Fact::closed: line += " " + std::to_string(entry.amount); break;
    default: break;
    }
    // Topics, paths and reasons come from outside, and may be cut within a character: nothing in them may begin a new line
    // or command a terminal.
    if (!entry.words().empty()) line += " ";
    for (const char c : entry.words()) line += c >= 0x20 && c < 0x7F ? c : '?';
    return line;
}

/// The whole history of a connection, a line each.
inline std::string to_text(const std::vector<JournalEntry>& entries) {
    std::string text;
    for (const JournalEntry& entry : entries) text += to_text(entry, entries.front().at) + "\n";
    return text;
}

}  // namespace kingbolt
