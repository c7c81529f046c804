#pragma once
// Keys in a file, which may be replaced while the server runs.

#include <kingbolt/security/jwk.hpp>
#include <kingbolt/security/key_set.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace kingbolt {

struct JwksOptions {
    std::string path{};                       ///< of a JWK Set (RFC 7517 §5), at most 1 MiB
    std::optional<JwtAlgorithm> algorithm{};  ///< of the keys that name none; without it each must have an `alg`
};

/// A KeySource. A token that names an unknown key lets the file be read again, at most once a minute, so that a new key needs no restart. A
/// key that was taken out is known until the file is read again: call `reload`. Belongs to the hub's thread.
class JwksFile {
public:
    /// Throws InvalidOption when the file cannot be read or holds no key that is right.
    explicit JwksFile(JwksOptions options) : options_{std::move(options)}, keys_{first()} {}

    /// Reads the file now. False: it could not be read or is not right, and the old keys stay; `trouble()` says why.
    bool reload(WallTime now) {
        read_at_ = now;
        try {
            // To check an RSA key takes milliseconds: a stranger who names unknown keys shall not cause that.
            if (std::string text = read(); text != text_) {
                keys_ = parsed(text);
                text_ = std::move(text);
            }
            trouble_.clear();
        } catch (const std::exception& failure) {
            trouble_ = engine::in_quotes(options_.path) + " could not be reloaded: " + failure.what();
        }
        return trouble_.empty();
    }

    /// What KeySource asks.
    const VerificationKey* find(std::optional<std::string_view> id, WallTime now) {
        if (const VerificationKey* key = keys_.find(id, now)) return key;
        // A clock that was set back must not hold the file back.
        if (!id || (read_at_ && now >= *read_at_ && now - *read_at_ < std::chrono::minutes{1})) return nullptr;
        reload(now);
        return keys_.find(id, now);
    }

    /// Why the last reading failed; empty when it did not.
    std::string_view trouble() const noexcept { return trouble_; }

private:
    static constexpr std::size_t max_size = 1024 * 1024;

    KeySet first() {
        try {
            text_ = read();
            return parsed(text_);
        } catch (const std::invalid_argument& failure) {
            throw InvalidOption{"JwksOptions.path", engine::in_quotes(options_.path), "a JWK Set with a key for signatures",
                                failure.what()};
        }
    }

    KeySet parsed(std::string_view text) const { return KeySet{security::jwk_set(text, options_.algorithm)}; }

    std::string read() const {
        std::ifstream file{options_.path, std::ios::binary};
        std::string text(max_size + 1, '\0');
        file.read(text.data(), static_cast<std::streamsize>(text.size()));
        // Of a folder, opening succeeds and reading does not.
        if (!file.is_open() || file.bad()) throw std::invalid_argument{"the file cannot be read"};
        text.resize(static_cast<std::size_t>(file.gcount()));
        if (text.size() > max_size) throw std::invalid_argument{"the file is larger than 1 MiB"};
        return text;
    }

    JwksOptions options_;
    std::string text_;  // of which keys_ were made
    KeySet keys_;
    std::optional<WallTime> read_at_;  // none: not since the start
    std::string trouble_;
};

static_assert(KeySource<JwksFile>);

}  // namespace kingbolt
