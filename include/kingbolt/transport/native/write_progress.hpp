#pragma once
// How far a write has come, in the bytes that the hub counts. Compressed, a write is shorter on the wire than what the hub handed over.

#include <cstddef>
#include <cstdint>

namespace kingbolt::transport::native {

/// Of one write at a time: what the hub gave is `size_to_hub` bytes, and `size_on_wire` as it is sent, less than 4 GiB each.
class WriteProgress {
public:
    WriteProgress() = default;
    WriteProgress(std::size_t size_to_hub, std::size_t size_on_wire) noexcept : size_to_hub_{size_to_hub}, size_on_wire_{size_on_wire} {}

    /// What `bytes` more on the wire are to the hub. All together they are all that it gave.
    std::size_t sent(std::size_t bytes) noexcept {
        const std::size_t before = so_far();
        sent_ += bytes;
        return so_far() - before;
    }

private:
    std::size_t so_far() const noexcept { return size_on_wire_ == 0 ? 0 : static_cast<std::size_t>(size_to_hub_ * sent_ / size_on_wire_); }

    std::uint64_t size_to_hub_ = 0, size_on_wire_ = 0, sent_ = 0;
};

}  // namespace kingbolt::transport::native
