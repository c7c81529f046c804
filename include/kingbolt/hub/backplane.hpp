#pragma once
// Hub: publications that go to the sessions of several hubs. Included by hub.hpp, at its end.

#include <kingbolt/hub.hpp>

#include <exception>
#include <new>

namespace kingbolt {

/// Whatever is published goes to the backplane first and comes back from there, so that all hubs have the same order and numbers.
template <class T, class... P>
template <class What>
std::error_code Hub<T, P...>::publish_to_all(std::string_view topic, What&& what, const PublishOptions& options) {
    const bool here = transport_.in_loop();
    if (here) want_turn_end();
    const std::error_code error = link_->publish(topic, std::forward<What>(what), options.key, here);
    if (here && !error) publications_wait_ = true;
    return error;
}

template <class T, class... P>
void Hub<T, P...>::take_publications() {
    publications_wait_ = false;
    taking_publications_ = true;
    const auto take_one = [this](const Publication& publication) noexcept {
        try {
            if (!publication.failure.empty()) return tell_of_failure({}, publication.failure);
            receive(publication);
        } catch (const std::exception& error) {  // its number is missing then: those who count will see the gap
            tell_of_failure({}, error.what());
        }
    };
    try {
        link_->take(take_one);
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): they are still there at the next tick
    }
    taking_publications_ = false;
}

template <class T, class... P>
void Hub<T, P...>::receive(const Publication& publication) {
    const TopicId id = topics_.intern(publication.topic);
    // It stays when its last subscriber leaves before the round has gone to those of the patterns above it.
    topics_.note_sequence(id, publication.sequence);
    open_round(id);
    const Message& message = publication.message;
    // Encoded anew: two cores that count references to one frame would wait for each other's cache line, at each subscriber.
    deliver(id, Frame::encode(message.opcode(), message.bytes(), {id, publication.sequence, publication.key}));
}

}  // namespace kingbolt
