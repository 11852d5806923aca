// A large unit for the benchmark of the compiler: much of the standard library, instantiated.
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <numeric>
#include <random>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

template <int N> struct Part {
    std::unordered_map<std::string, std::vector<double>> values;
    std::map<std::string, std::set<int>> sets;
    std::variant<int, double, std::string, std::vector<std::string>> choice;

    double work(const std::string &text)
    {
        std::regex expression("([a-z]+)" + std::to_string(N) + "=([0-9.]+)");
        for (std::sregex_iterator i(text.begin(), text.end(), expression), end; i != end; ++i)
            values[(*i)[1]].push_back(std::stod((*i)[2]) * N);
        double sum = 0;
        for (auto &[name, numbers] : values) {
            std::sort(numbers.begin(), numbers.end(), std::greater<>());
            std::stable_sort(numbers.begin(), numbers.end());
            sum += std::accumulate(numbers.begin(), numbers.end(), 0.0);
            sets[name].insert(N);
        }
        std::mt19937 generator(N);
        std::ostringstream out;
        std::shuffle(text.begin() == text.end() ? order.begin() : order.end(), order.end(),
                     generator);
        std::visit([&](auto &value) { out << sizeof(value); }, choice);
        return sum + static_cast<double>(out.str().size());
    }

    std::vector<int> order;
};

template <int N> double all(const std::string &text)
{
    if constexpr (N == 0)
        return 0;
    else
        return Part<N>().work(text) + all<N - 1>(text);
}

int main(int argc, char **argv)
{
    std::cout << all<12>(argc > 1 ? argv[1] : "") << '\n';
}
