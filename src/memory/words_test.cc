#include "memory/words.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "memory/characters.h"

namespace zo {
namespace {

std::vector<std::string> terms(std::string_view text) {
  Words words;
  std::vector<std::string> all;
  words.terms("", [](const Words::Term&) {}, text, [&](const Words::Term& term) { all.emplace_back(term.text); });
  return all;
}
std::string joined(std::string_view text) { return join(terms(text), " "); }

Language language_of(std::string_view text) {
  return Words().terms("", [](const Words::Term&) {}, text, [](const Words::Term&) {});
}

constexpr LanguageSet kEverywhere = (LanguageSet{1} << kLanguages) - 1;

std::vector<std::string> asked(std::string_view question, LanguageSet in_store = kEverywhere) {
  Words words;
  std::vector<std::string> all;
  for (const QueryWord& word : words.query(question, in_store).words) all.push_back(word.word);
  return all;
}

// Whether every word of the question is found in the text.
bool meets(std::string_view question, std::string_view text, LanguageSet in_store = kEverywhere) {
  const std::vector<std::string> held = terms(text);
  Words words;
  const QueryWords query = words.query(question, in_store);
  return !query.words.empty() && std::ranges::all_of(query.words, [&](const QueryWord& word) {
    return std::ranges::any_of(word.terms, [&](const std::string& term) { return std::ranges::find(held, term) != held.end(); });
  });
}

TEST(Words, FoldCaseAccentsAndCompatibleForms) {
  EXPECT_EQ(joined("ÅNGSTRÖM Ångström A\u030Angstro\u0308m"), "angstrom angstrom angstrom");
  EXPECT_EQ(joined("Ｚｏｅ ｗｒｏｔｅ １２３"), "zoe wrote 123");
  EXPECT_EQ(joined("o\uFB03ce offi\u00ADce"), "offic offic");
  EXPECT_EQ(joined("Straße STRASSE"), "strass strass");
  EXPECT_EQ(joined("Łódź Søren"), "lodz soren");
  EXPECT_EQ(joined("٣٤ ३४"), "34 34");
  EXPECT_EQ(joined("ёлка йод"), "елк иод");
}

TEST(Words, LeaveOutStopWordsOfTheLanguageOfTheText) {
  EXPECT_EQ(joined("The cat was not on the mat, and I don't know why."), "cat mat know");
  EXPECT_EQ(joined("Ich habe die Katze nicht auf der Matte gesehen."), "katz matt geseh");
  EXPECT_EQ(joined("I will die on this hill, and that is what I want."), "die hill want");
  EXPECT_TRUE(joined("I am, you are, we were.").empty());
}

TEST(Words, KnowTheLanguageOfAText) {
  EXPECT_EQ(language_of("Where did you put the keys of the car?"), Language::English);
  EXPECT_EQ(language_of("Wo hast du die Schlüssel für das Auto hingelegt?"), Language::German);
  EXPECT_EQ(language_of("Où est-ce que tu as mis les clés de la voiture ?"), Language::French);
  EXPECT_EQ(language_of("¿Dónde has puesto las llaves del coche?"), Language::Spanish);
  EXPECT_EQ(language_of("Dove hai messo le chiavi della macchina? Non le trovo."), Language::Italian);
  EXPECT_EQ(language_of("Onde você colocou as chaves do carro? Não estão na mesa."), Language::Portuguese);
  EXPECT_EQ(language_of("Waar heb je de sleutels van de auto neergelegd?"), Language::Dutch);
  EXPECT_EQ(language_of("Var har du lagt nycklarna till bilen? Jag hittar dem inte."), Language::Swedish);
  EXPECT_EQ(language_of("Missä avaimet ovat? En tiedä, mutta ne olivat täällä."), Language::Finnish);
  EXPECT_EQ(language_of("Hvornår kommer du hjem? Jeg har noget til dig."), Language::Danish);
  EXPECT_EQ(language_of("Hvordan går det? Hva gjør dere nå, og hvorfor?"), Language::Norwegian);
}

struct Stemmed {
  std::string_view text;
  std::string_view question;
};

class WordsStemmed : public testing::TestWithParam<Stemmed> {};
TEST_P(WordsStemmed, MeetInAnotherForm) { EXPECT_TRUE(meets(GetParam().question, GetParam().text)) << joined(GetParam().text); }
INSTANTIATE_TEST_SUITE_P(Languages, WordsStemmed,
                         testing::Values(Stemmed{"I was painting the fences with my cousins.", "Who paints a fence with the cousin?"},
                                         Stemmed{"Wir haben die alten Häuser gestrichen und die Gärten gepflegt.", "Wann wurde das alte Haus und der Garten gepflegt?"},
                                         Stemmed{"Nous avons mangé les crêpes chez nos voisines.", "Quand mangez-vous des crêpes chez la voisine ?"},
                                         Stemmed{"Reservamos dos habitaciones en los hoteles nuevos.", "¿Cuántas habitaciones reservó en el nuevo hotel?"},
                                         Stemmed{"Mio zio ripara gli orologi nella bottega.", "Che cosa riparava lo zio nelle botteghe? Gli orologi?"},
                                         Stemmed{"O meu padrinho vende queijos nas feiras.", "Quem vendia o queijo na feira, o padrinho?"},
                                         Stemmed{"Mijn buurman bouwde boten in de schuren.", "Wie heeft een boot, de buurman?"},
                                         Stemmed{"Мы купили дачу у озера.", "Какая дача и какие озёра?"},
                                         Stemmed{"Min moster odlade svarta vinbären i trädgårdarna.", "Vad odlar min moster i trädgården?"},
                                         Stemmed{"Naboerne bygger huset, og de har købt hunden.", "Hvad bygger naboen, og hvad med hunde?"},
                                         Stemmed{"Naboene bygger husene, og hva har de kjøpt?", "Hva bygger naboen, og hvilket hus?"},
                                         Stemmed{"Ostimme talossa uudet ikkunat, ja ne ovat kauniita.", "Mitä talon ikkunat ovat?"},
                                         Stemmed{"Ο αδερφός μου άνοιξε φούρνους στη Θεσσαλονίκη.", "Πού είναι οι φούρνοι;"},
                                         Stemmed{"المعلمون في المدرسة", "معلم المدرسة؟"}));

TEST(Words, MeetAcrossLanguagesOfAMixedStore) {
  const LanguageSet store = only(Language::English) | only(Language::German);
  EXPECT_TRUE(meets("Katzen", "Ich habe die Katze nicht auf der Matte gesehen, aber die Katzen vom Nachbarn.", store));
  EXPECT_TRUE(meets("houses", "We have seen the house of my aunt.", store));
  EXPECT_TRUE(meets("appointments", "appointment tomorrow", store)) << "a text too short to know its language";
  EXPECT_TRUE(meets("Termine", "Termin morgen", store));
}

TEST(Words, AccentsMayBeLeftOut) {
  EXPECT_TRUE(meets("telefono habitacion", "El teléfono de la habitación no funciona, y es la segunda vez."));
  EXPECT_TRUE(meets("Munchen", "Wir waren in München und es war schön."));
  EXPECT_TRUE(meets("cafe", "Rendez-vous au café avec les autres."));
  EXPECT_TRUE(meets("informacao", "A informação não está no site, e eu já procurei."));
}

TEST(Words, MonthsAreFoundHoweverTheyAreNamed) {
  for (const std::string_view text : {"2024-05-08", "2024-05-08T10:00:00Z", "8 May 2024", "8. Mai 2024", "8 мая 2024", "2024年5月8日", "8 de mayo de 2024"}) {
    const std::vector<std::string> held = terms(text);
    for (const std::string_view term : {"month:5", "2024", "8"})
      EXPECT_EQ(std::ranges::count(held, term), 1) << term << " in " << text << ": " << join(held, " ");
  }
  EXPECT_TRUE(meets("What did we do in May?", "2024-05-08 We went to the zoo, what did we see?"));
  EXPECT_TRUE(meets("2024-05-08", "2024-05-08T10:00:00Z"));
  EXPECT_FALSE(meets("2024-13-08", "2024-12-08"));
}

TEST(Words, NumbersAreKept) {
  EXPECT_TRUE(meets("1000", "It cost 1,000 euros."));
  EXPECT_TRUE(meets("20 kg", "20kg of flour"));
  EXPECT_TRUE(meets("555 7712", "call 030 555-7712"));
  EXPECT_TRUE(meets("9:15", "at 9:15 sharp"));
}

TEST(Words, IdentifiersAreFoundWholeAndInParts) {
  const std::string_view text = "parse_header_line in src/net/wire_reader.cc of getHTTPName, v1.2.3, 9f3c2ab71e55aa, a.b@example.com, std::vector, C++ and C#";
  const std::vector<std::string> held = terms(text);
  for (const std::string_view term : {"parse_header_line", "pars", "header", "src/net/wire_reader.cc", "wire_reader.cc", "wire", "gethttpnam", "http", "name",
                                      "v1.2.3", "9f3c2ab71e55aa", "9f3c2ab", "a.b@example.com", "example.com", "std::vector", "vector", "c++", "c#"})
    EXPECT_TRUE(std::ranges::find(held, term) != held.end()) << term << " not in " << join(held, " ");
  EXPECT_TRUE(meets("header line of the wire reader", text));
  EXPECT_TRUE(meets("9f3c2ab", text));
  EXPECT_TRUE(meets("getHttpName", text));
}

TEST(Words, ScriptsWithoutSpacesAreFoundByPairs) {
  EXPECT_TRUE(meets("成都茶馆", "我妹妹在成都茶馆工作"));
  EXPECT_TRUE(meets("猫", "黑猫睡觉"));
  EXPECT_TRUE(meets("京都の叔母", "来月、京都の叔母の家に泊まります"));
  EXPECT_TRUE(meets("ｶﾀｶﾅ", "カタカナ"));
  EXPECT_TRUE(meets("ร้านดอกไม้", "แม่ของฉันเปิดร้านดอกไม้ที่เชียงใหม่"));
  EXPECT_TRUE(meets("할머니", "우리 할머니는 전주에"));
  EXPECT_TRUE(meets("할머니", "\u1112\u1161\u11AF\u1106\u1165\u1102\u1175"));  // in its letters
  EXPECT_FALSE(meets("茶", "咖啡馆"));
  EXPECT_EQ(joined("猫"), "猫");
}

TEST(Words, QuotedPhrasesAreNumbered) {
  Words words;
  const QueryWords query = words.query("who said \"quiet magpie\" or „blaue Mappe“", kEverywhere);
  std::vector<std::string> all;
  for (const QueryWord& word : query.words) all.push_back(word.word + ":" + std::to_string(word.phrase));
  EXPECT_EQ(join(all, " "), "said:0 quiet:1 magpie:1 blaue:2 mappe:2");
  EXPECT_EQ(join(asked("an \" alone"), " "), "alone");
}

TEST(Words, EmojiAndInvalidBytesAreBreaks) {
  EXPECT_EQ(joined("party🎉cake \xff\xfe pie\xc3"), "parti cake pie");
  EXPECT_EQ(joined("👩‍👩‍👧‍👦 ❤️"), "");
  EXPECT_EQ(joined(std::string_view("a\0zoo", 5)), "zoo");
}

TEST(Words, HostileTextIsBounded) {
  const std::vector<std::string> word = terms(std::string(1'000'000, 'x'));
  ASSERT_EQ(word.size(), 1u);
  EXPECT_LE(word[0].size(), kPieceBytes);
  std::string marks = "e";
  for (int i = 0; i < 100'000; ++i) marks += "\u0301";
  EXPECT_EQ(joined(marks), "e");
  std::string thai = "ก";
  for (int i = 0; i < 100'000; ++i) thai += "\u0E48";
  for (const std::string& term : terms(thai)) EXPECT_LE(term.size(), kPieceBytes);
  std::string joints;
  for (int i = 0; i < 100'000; ++i) joints += "a_";
  EXPECT_LE(terms(joints).size(), kPiecesMax);
  std::string many;
  for (int i = 0; i < 50'000; ++i) many += std::to_string(i) + "q ";
  EXPECT_LE(terms(many).size(), kPiecesMax);
  EXPECT_LE(asked(many).size(), kQueryWordsRead);
  EXPECT_NO_FATAL_FAILURE(terms("\uFDFA\uFDFA\uFDFA\uFDFA"));
}

RC_GTEST_PROP(Words, TermsOfAnyBytesAreShortValidAndFound, (const std::string& bytes)) {
  const std::vector<std::string> all = terms(bytes);
  for (const std::string& term : all) RC_ASSERT(!term.empty() && term.size() <= 2 * kPieceBytes && is_valid_utf8(term));
  // A text is found by itself.
  const std::set<std::string> held(all.begin(), all.end());
  Words words;
  for (const QueryWord& word : words.query(bytes, kEverywhere).words)
    RC_ASSERT(bytes.size() > kQueryBytes || std::ranges::any_of(word.terms, [&](const std::string& term) { return held.contains(term); }));
}

TEST(Words, ForgettingChangesNothingButMemory) {
  Words words;
  const auto first = [&] {
    std::string all;
    words.terms("Ada", [&](const Words::Term& term) { all += std::string(term.text) + "|"; }, "Houses and mice", [&](const Words::Term& term) { all += std::string(term.text) + " "; });
    return all;
  };
  const std::string before = first();
  words.forget();
  EXPECT_EQ(first(), before);
  EXPECT_EQ(before, "hous mice ada|");
}

}  // namespace
}  // namespace zo
