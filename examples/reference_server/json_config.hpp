#pragma once
// Lets CLI11 read its options from a flat JSON object: {"listen": "127.0.0.1:9002", "ping-interval": "30s"}.

#include <CLI/CLI.hpp>

#include <istream>
#include <string>
#include <vector>

namespace reference_server {

class JsonConfig : public CLI::Config {
public:
    /// `app` knows which keys exist; it must outlive this.
    explicit JsonConfig(const CLI::App& app) : app_{app} {}

    /// The options of `app` as they stand, as a file that `from_config` reads.
    std::string to_config(const CLI::App* app, bool default_also, bool write_description, std::string prefix) const override;

    /// Throws CLI::ConfigError, which names the place or the key: text that is not JSON, a key that is no option or comes twice,
    /// a value that is neither a string nor a number, or has a NUL.
    std::vector<CLI::ConfigItem> from_config(std::istream& input) const override;

private:
    const CLI::App& app_;
};

}  // namespace reference_server
