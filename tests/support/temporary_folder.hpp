#pragma once
// A folder of a test's own, gone with the object.

#include "support/catch.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>

namespace kingbolt::test {

class TemporaryFolder {
public:
    TemporaryFolder() = default;
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    /// Of a file in it, which need not exist.
    std::string file(const std::string& name) const { return path_ / name; }

private:
    static std::filesystem::path make() {
        const std::string free_place(6, 'X');  // mkdtemp writes what is unique there
        std::string name = std::filesystem::temp_directory_path() / ("kingbolt-" + free_place);
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        return name;
    }

    std::filesystem::path path_ = make();
};

}  // namespace kingbolt::test
