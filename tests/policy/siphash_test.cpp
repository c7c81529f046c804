#include <kingbolt/policy/siphash.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "support/catch.hpp"

using namespace kingbolt;

namespace {

constexpr SipKey key{0x0706050403020100ULL, 0x0F0E0D0C0B0A0908ULL};

// The reference implementation's, of the bytes 0, 1, 2 and so on: none of them, the first, the first two...
constexpr std::array<std::uint64_t, 64> vectors{
    0x726FDB47DD0E0E31ULL, 0x74F839C593DC67FDULL, 0x0D6C8009D9A94F5AULL, 0x85676696D7FB7E2DULL, 0xCF2794E0277187B7ULL,
    0x18765564CD99A68DULL, 0xCBC9466E58FEE3CEULL, 0xAB0200F58B01D137ULL, 0x93F5F5799A932462ULL, 0x9E0082DF0BA9E4B0ULL,
    0x7A5DBBC594DDB9F3ULL, 0xF4B32F46226BADA7ULL, 0x751E8FBC860EE5FBULL, 0x14EA5627C0843D90ULL, 0xF723CA908E7AF2EEULL,
    0xA129CA6149BE45E5ULL, 0x3F2ACC7F57C29BDBULL, 0x699AE9F52CBE4794ULL, 0x4BC1B3F0968DD39CULL, 0xBB6DC91DA77961BDULL,
    0xBED65CF21AA2EE98ULL, 0xD0F2CBB02E3B67C7ULL, 0x93536795E3A33E88ULL, 0xA80C038CCD5CCEC8ULL, 0xB8AD50C6F649AF94ULL,
    0xBCE192DE8A85B8EAULL, 0x17D835B85BBB15F3ULL, 0x2F2E6163076BCFADULL, 0xDE4DAAACA71DC9A5ULL, 0xA6A2506687956571ULL,
    0xAD87A3535C49EF28ULL, 0x32D892FAD841C342ULL, 0x7127512F72F27CCEULL, 0xA7F32346F95978E3ULL, 0x12E0B01ABB051238ULL,
    0x15E034D40FA197AEULL, 0x314DFFBE0815A3B4ULL, 0x027990F029623981ULL, 0xCADCD4E59EF40C4DULL, 0x9ABFD8766A33735CULL,
    0x0E3EA96B5304A7D0ULL, 0xAD0C42D6FC585992ULL, 0x187306C89BC215A9ULL, 0xD4A60ABCF3792B95ULL, 0xF935451DE4F21DF2ULL,
    0xA9538F0419755787ULL, 0xDB9ACDDFF56CA510ULL, 0xD06C98CD5C0975EBULL, 0xE612A3CB9ECBA951ULL, 0xC766E62CFCADAF96ULL,
    0xEE64435A9752FE72ULL, 0xA192D576B245165AULL, 0x0A8787BF8ECB74B2ULL, 0x81B3E73D20B49B6FULL, 0x7FA8220BA3B2ECEAULL,
    0x245731C13CA42499ULL, 0xB78DBFAF3A8D83BDULL, 0xEA1AD565322A1A0BULL, 0x60E61C23A3795013ULL, 0x6606D7E446282B93ULL,
    0x6CA4ECB15C5F91E1ULL, 0x9F626DA15C9625F3ULL, 0xE51B38608EF25F57ULL, 0x958A324CEB064572ULL,
};

std::string first_bytes(std::size_t size) {
    std::string bytes;
    for (std::size_t n = 0; n < size; ++n) bytes.push_back(static_cast<char>(n));
    return bytes;
}

}  // namespace

TEST_CASE("SipHash-2-4 gives the reference implementation's values") {
    for (std::size_t size = 0; size < vectors.size(); ++size) {
        INFO(size << " bytes");
        CHECK(siphash(key, first_bytes(size)) == vectors[size]);
    }
    // Of the paper's appendix A.
    CHECK(siphash(key, first_bytes(15)) == 0xA129CA6149BE45E5ULL);
}

TEST_CASE("two words are hashed as the 16 bytes that they are") {
    CHECK(siphash(key, 0x0706050403020100ULL, 0x0F0E0D0C0B0A0908ULL) == vectors[16]);
}

TEST_CASE("a hash depends on both halves of the key, on every byte, and on the length") {
    CHECK(siphash({key.k0 + 1, key.k1}, "x") != siphash(key, "x"));
    CHECK(siphash({key.k0, key.k1 + 1}, "x") != siphash(key, "x"));
    CHECK(siphash(key, std::string(256, '\0')) != siphash(key, std::string(512, '\0')));
    CHECK(siphash(key, std::string(1, '\xFF')) != siphash(key, std::string(1, '\x7F')));
}
