#pragma once
// Several cores: a hub for each, every one with a loop and an acceptor of its own, and what is published on one reaches the clients of all.
//
//     kb::backplane::Shards shards;
//     const auto serve = [&shards] {
//         asio::io_context io;
//         kb::transport::Native server{io, {.port = 9002, .reuse_port = true}};  // the kernel spreads the connections
//         kb::Hub hub{server, shards};
//         io.run();
//     };
//     std::jthread first{serve}, second{serve};
//
// One log for all: who publishes appends to it once, and each hub reads on from where it was. So all hubs see all publications in the same
// order, with the same sequence numbers. A hub that has nothing to do is woken once, however much is appended before it comes to read.

#include <kingbolt/concepts/backplane.hpp>
#include <kingbolt/concepts/slot.hpp>
#include <kingbolt/core/byte_size.hpp>
#include <kingbolt/core/error.hpp>
#include <kingbolt/engine/topic_name.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

namespace kingbolt::backplane {

struct ShardsOptions {
    /// Bytes of publications that the slowest hub may be behind, 64 KiB to 4 GiB. Beyond that `publish` gives Errc::backlog_full. A
    /// payload that is built by the first who needs it counts from then on.
    std::size_t max_backlog = 64_MiB;

    /// Throws InvalidOption.
    void validate() const {
        if (max_backlog < 64_KiB || max_backlog > 4_GiB)
            throw InvalidOption{"ShardsOptions.max_backlog", std::to_string(max_backlog), "64 KiB to 4 GiB",
                                "allow what is published in the longest time that a loop may be busy"};
    }
};

/// A Backplane (concepts/backplane.hpp). Any thread; must outlive the hubs. For each topic that was ever published to it keeps the
/// name and a number.
class Shards {
public:
    using slot = slot::backplane;
    class Link;

    /// Throws InvalidOption.
    explicit Shards(ShardsOptions options = {}) : options_{options} { options_.validate(); }
    Shards(const Shards&) = delete;
    Shards& operator=(const Shards&) = delete;

    /// Hubs that are linked.
    std::size_t size() const {
        const std::lock_guard lock{mutex_};
        return links_.size();
    }

private:
    // A payload that is made by the first who needs it.
    struct Deferred {
        explicit Deferred(BuildPayload b) : build{std::move(b)} {}
        const BuildPayload build;
        std::once_flag once{};
        std::string failure{};
    };

    struct Entry {
        std::string_view topic{};  // in topics_; like the sequence, known once it is appended
        std::uint64_t sequence = 0;
        std::uint64_t key = 0;
        Opcode opcode{};
        std::string payload{};
        std::unique_ptr<Deferred> deferred{};
    };

    // What was published between two readings. Nothing is added any more once somebody has it, so that readers need no lock.
    struct Batch {
        std::vector<Entry> entries;
        std::size_t bytes = 0;
        bool is_logged = true;  // there are hubs that do not have it yet
    };

    using Topics = std::unordered_map<std::string, std::uint64_t, engine::TopicHash, std::equal_to<>>;

    std::error_code append(Entry entry, std::string_view topic, const Link* takes_soon);
    std::vector<std::shared_ptr<Batch>> read(Link& link);
    void count_built(Batch& batch, std::size_t bytes);
    void link(Link& link);
    void unlink(Link& link) noexcept;
    void forget_read() noexcept;
    std::uint64_t end() const noexcept { return first_ + log_.size(); }

    static std::size_t cost(const Entry& entry) noexcept { return sizeof(Entry) + entry.payload.size(); }

    const ShardsOptions options_;
    mutable std::mutex mutex_;
    std::vector<Link*> links_;
    Topics topics_;  // the last sequence number of each
    std::deque<std::shared_ptr<Batch>> log_;
    std::uint64_t first_ = 0;  // the number of the batch at its front
    std::size_t backlog_ = 0;  // bytes
    bool open_ = false;        // nobody has the last batch yet
};

/// A hub at the backplane: the concept Backplane says what each function does.
class Shards::Link {
public:
    /// It hears what is published from now on.
    Link(Shards& shards, std::function<void()> wake) : shards_{shards}, wake_{std::move(wake)} { shards_.link(*this); }
    ~Link() { shards_.unlink(*this); }
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    /// Any thread. Errc::backlog_full when the slowest hub is too far behind.
    std::error_code publish(std::string_view topic, Message message, std::uint64_t key, bool takes_soon) {
        return shards_.append({.key = key, .opcode = message.opcode(), .payload = std::string{message.text()}}, topic,
                              takes_soon ? this : nullptr);
    }
    /// Likewise, with a payload that the first hub makes that needs it.
    std::error_code publish(std::string_view topic, BuildPayload build, std::uint64_t key, bool takes_soon) {
        auto deferred = std::make_unique<Deferred>(std::move(build));
        return shards_.append({.key = key, .opcode = Opcode::text, .deferred = std::move(deferred)}, topic, takes_soon ? this : nullptr);
    }

    /// All that has been published since: `receive(const Publication&)` for each, in the one order. The hub's loop.
    template <class Receive>
    void take(Receive&& receive) {
        for (const auto& batch : shards_.read(*this)) {
            std::size_t built = 0;
            for (Entry& entry : batch->entries) {
                Publication publication{.topic = entry.topic, .message = {entry.opcode, {}}, .sequence = entry.sequence, .key = entry.key};
                if (entry.deferred && !build(entry, publication, built)) continue;
                publication.message = {entry.opcode, entry.payload};
                receive(publication);
            }
            if (built > 0) shards_.count_built(*batch, built);
        }
    }

private:
    friend class Shards;

    // False where building it failed and another hub has been told. Adds what this hub has built to `built`.
    static bool build(Entry& entry, Publication& publication, std::size_t& built) {
        Deferred& deferred = *entry.deferred;
        bool here = false;
        std::call_once(deferred.once, [&] {
            here = true;
            try {
                entry.payload = deferred.build(entry.sequence);
                built += entry.payload.size();
            } catch (const std::exception& error) {
                deferred.failure = *error.what() != '\0' ? error.what() : "an exception without words";
            } catch (...) {
                deferred.failure = "an exception that is not a std::exception";
            }
        });
        publication.failure = deferred.failure;
        return here || deferred.failure.empty();
    }

    Shards& shards_;
    const std::function<void()> wake_;
    // Guarded by the shards' mutex.
    std::uint64_t next_ = 0;  // batch to read
    bool awake_ = false;      // it will read what is there
};

inline std::error_code Shards::append(Entry entry, std::string_view topic, const Link* takes_soon) {
    const std::lock_guard lock{mutex_};
    if (backlog_ + cost(entry) > options_.max_backlog) return Errc::backlog_full;
    auto known = topics_.find(topic);
    if (known == topics_.end()) known = topics_.emplace(topic, 0).first;
    if (!open_) log_.push_back(std::make_shared<Batch>());
    open_ = true;
    entry.topic = known->first;
    entry.sequence = known->second + 1;
    Batch& batch = *log_.back();
    const std::size_t bytes = cost(entry);
    batch.entries.push_back(std::move(entry));
    ++known->second;
    batch.bytes += bytes;
    backlog_ += bytes;
    for (Link* const link : links_) {
        if (std::exchange(link->awake_, true) || link == takes_soon) continue;
        try {
            link->wake_();
        } catch (const std::exception&) {  // no memory: it reads at its next tick, or is woken for the next one
            link->awake_ = false;
        }
    }
    return {};
}

inline std::vector<std::shared_ptr<Shards::Batch>> Shards::read(Link& link) {
    const std::lock_guard lock{mutex_};
    std::vector<std::shared_ptr<Batch>> batches(log_.begin() + static_cast<std::ptrdiff_t>(link.next_ - first_), log_.end());
    link.awake_ = false;
    link.next_ = end();
    open_ = false;
    forget_read();
    return batches;
}

/// Payloads that were not there yet when their publications were appended: they wait for those who are behind, too.
inline void Shards::count_built(Batch& batch, std::size_t bytes) {
    const std::lock_guard lock{mutex_};
    if (!batch.is_logged) return;
    batch.bytes += bytes;
    backlog_ += bytes;
}

inline void Shards::link(Link& link) {
    const std::lock_guard lock{mutex_};
    links_.push_back(&link);
    // What was published before is not for it.
    open_ = false;
    link.next_ = end();
    forget_read();
}

inline void Shards::unlink(Link& link) noexcept {
    const std::lock_guard lock{mutex_};
    std::erase(links_, &link);
    forget_read();
}

/// Batches that every hub has.
inline void Shards::forget_read() noexcept {
    std::uint64_t all_have = end();
    for (const Link* const link : links_) all_have = std::min(all_have, link->next_);
    for (; first_ < all_have; ++first_) {
        backlog_ -= log_.front()->bytes;
        log_.front()->is_logged = false;
        log_.pop_front();
    }
    if (log_.empty()) open_ = false;
}

static_assert(Backplane<Shards>);

}  // namespace kingbolt::backplane
