#pragma once
// permessage-deflate by zlib (RFC 7692). Link kingbolt::compression.
//
//     kb::transport::Native server{io, {.port = 9002}, kb::compression::Zlib{{.level = 6}}};
//
// All connections share one deflater and one inflater, reset between messages, but for those that negotiated context takeover:
// such a connection owns what it needs. A frame without context is compressed once and keeps its compressed form (core/frame.hpp).

#include <kingbolt/compression/detail/deflater.hpp>
#include <kingbolt/compression/detail/inflater.hpp>
#include <kingbolt/concepts/compression.hpp>
#include <kingbolt/engine/deflate_agreement.hpp>
#include <kingbolt/policy/permessage_deflate.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kingbolt::compression {

/// A Compression (concepts/compression.hpp). Belongs to one thread; the frames it gives may be shared with others.
class Zlib {
public:
    class State {
        friend class Zlib;
        struct Own {
            std::optional<detail::Deflater> deflater;
            std::optional<detail::Inflater> inflater;
        };
        std::unique_ptr<Own> own_;      // only with context takeover
        std::uint8_t window_bits_ = 0;  // of the client, for what it receives; 0: nothing was negotiated
    };

    /// Throws InvalidOption, std::bad_alloc.
    explicit Zlib(const PermessageDeflate& options = {}) : options_{options} {
        options_.validate();
        shared_ = std::make_unique<Shared>(options_);
    }

    /// Throws std::bad_alloc.
    std::optional<std::string> accept(State& state, std::span<const ExtensionOffer> offers) const {
        auto answer = engine::agree_on_deflate(offers, options_);
        if (!answer) return std::nullopt;
        const engine::DeflateAgreement& agreed = answer->agreement;
        if (agreed.server_context_takeover || agreed.client_context_takeover) state.own_ = std::make_unique<State::Own>();
        if (agreed.server_context_takeover) state.own_->deflater.emplace(options_.level, agreed.server_window_bits, options_.memory_level);
        if (agreed.client_context_takeover)
            // Of the clients that deflate with zlib, some make 9 of 8.
            state.own_->inflater.emplace(std::max(agreed.client_window_bits, engine::deflate_offer::narrowest_of_zlib));
        state.window_bits_ = static_cast<std::uint8_t>(agreed.server_window_bits);
        return std::move(answer->response);
    }

    /// What Compression asks: whether messages are compressed for this connection.
    static bool active(const State& state) noexcept { return state.window_bits_ != 0; }

    /// Throws std::bad_alloc.
    Inflated inflate(State& state, std::string_view payload, std::string& out, std::size_t max_size) {
        max_size = std::min(max_size, std::max<std::size_t>(payload.size() * options_.max_ratio, PermessageDeflate::small));
        if (state.own_ && state.own_->inflater) return state.own_->inflater->inflate(payload, out, max_size);
        shared_->inflater.reset();
        return shared_->inflater.inflate(payload, out, max_size);
    }

    /// Without context takeover, what finds no memory to be compressed is returned as it is.
    Frame deflated(State& state, const Frame& frame) {
        if (!active(state)) return frame;
        if (state.own_ && state.own_->deflater) return deflated_in_context(*state.own_->deflater, state.window_bits_, frame);
        Frame twin = deflated_once(frame);
        // Without context nothing reaches back further than its own beginning: what is small suits small windows.
        if (twin.window_bits() > state.window_bits_) twin = frame;
        return twin;
    }

private:
    // Apart, because zlib's streams cannot be moved and a Zlib can.
    struct Shared {
        explicit Shared(const PermessageDeflate& options)
            : deflater{options.level, options.server_max_window_bits, options.memory_level}, inflater{15} {}
        detail::Deflater deflater;
        detail::Inflater inflater;
        std::vector<std::byte> scratch;
    };

    template <class DeflateMessage>
    static Frame for_each_message(const Frame& frame, DeflateMessage&& deflate_message) {
        if (frame.messages() == 1) return deflate_message(frame);
        std::vector<Frame> parts;
        parts.reserve(frame.messages());
        frame.for_each_message([&](const Frame& message) { parts.push_back(deflate_message(message)); });
        const bool pays = std::ranges::any_of(parts, [](const Frame& part) { return part.window_bits() != 0; });
        return pays ? Frame::bundle(parts) : frame;
    }

    // Once a message has gone through the deflater the next may refer to it: it has to be sent so, be it smaller or not.
    Frame deflated_in_context(detail::Deflater& deflater, std::uint8_t window_bits, const Frame& frame) {
        return for_each_message(frame, [&](const Frame& message) {
            if (!eligible(message)) return message;
            deflater.deflate(message.payload(), shared_->scratch);
            return encode_scratch(message, window_bits);
        });
    }

    Frame deflated_once(const Frame& frame) {
        if (Frame kept = frame.deflated()) return kept;
        try {
            if (frame.messages() > 1)
                return frame.keep_deflated(for_each_message(frame, [this](const Frame& message) { return deflated_once(message); }));
            return frame.keep_deflated(deflated_alone(frame));
        } catch (const std::bad_alloc&) {
            return frame;
        }
    }

    Frame deflated_alone(const Frame& message) {
        if (!eligible(message)) return message;
        const std::size_t size = message.payload().size();
        shared_->deflater.reset();
        shared_->deflater.deflate(message.payload(), shared_->scratch);
        if (shared_->scratch.size() >= size) return message;
        const int reach = std::clamp(static_cast<int>(std::bit_width(size - 1)), 8, options_.server_max_window_bits);
        return encode_scratch(message, static_cast<std::uint8_t>(reach));
    }

    bool eligible(const Frame& message) const noexcept {
        const std::size_t size = message.payload().size();
        return !is_control(message.opcode()) && size >= options_.min_size && size <= detail::Deflater::max_message;
    }

    Frame encode_scratch(const Frame& message, std::uint8_t window_bits) {
        Frame frame = Frame::encode(message.opcode(), shared_->scratch, message.label(), window_bits);
        if (shared_->scratch.capacity() > 256_KiB) std::vector<std::byte>{}.swap(shared_->scratch);
        return frame;
    }

    PermessageDeflate options_;
    std::unique_ptr<Shared> shared_;
};

static_assert(Compression<Zlib>);
static_assert(sizeof(Zlib::State) <= 2 * sizeof(void*), "every connection has one");

}  // namespace kingbolt::compression
