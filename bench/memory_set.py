#!/usr/bin/env python3
"""A set to measure recall by, made up: two years of one person's talks with an assistant, and questions whose evidence is known.

    python3 bench/memory_set.py [--seed N] [--sessions N] > set.jsonl

JSON lines as src/memory/quality.h reads them. The same seed gives the same bytes. Nothing in it is from anywhere else, so it is as free
as the rest of this tree. Friends share the kinds of facts asked about, talk goes over the same names and things, and questions use other
words than what was said: what is found by chance counts for little. Categories:

    friend      one friend's fact among twelve friends with a fact of the same kind
    change      a fact that was replaced later: what holds now, and what held before
    negation    what is not so, no longer wanted, called off
    date        what is on a named day, or which day something is on
    relative    told as "last Saturday", asked by the month
    ellipsis    the answer's own words say little: what it is about stands in the turn before
    assistant   said by the assistant
    script      asked and answered in another language, most of them in another script
    code        identifiers, paths, hashes, versions, numbers of errors
    multi_hop   two turns, far apart, are needed
    list        several turns, each a part of the answer
    abstention  never said; no evidence
"""

import argparse
import datetime
import json
import random
import sys

USER = "Mara"
ZO = "Zo"
CONVERSATION = "mara"
FIRST_DAY = datetime.datetime(2024, 1, 3, 8, 10)
DAYS = 725
TURNS_A_SESSION = (10, 17)

FRIENDS = ["Ilse", "Tomasz", "Priya", "Anselm", "Noor", "Bettina", "Kwame", "Lucía", "Sven", "Hana", "Dario", "Fenna"]

# Of each kind: what is said, what is asked, and the values, one a friend.
FRIEND_FACTS = {
    "job": (
        ["{f} got the position as {v}, finally.", "Did I tell you that {f} works as {v} now?", "{f} makes a living as {v}."],
        ["What is {f}'s profession?", "What does {f} work as?", "Which position did {f} get?", "How does {f} make a living?"],
        ["a beekeeper", "a tram driver", "a radiologist", "a bookbinder", "a patent clerk", "a piano tuner", "a hydrologist", "a set designer",
         "a notary", "a glassblower", "a flight controller", "a typesetter"]),
    "pet": (
        ["{f} adopted {v} from the shelter.", "There is {v} living at {f}'s place these days.", "{f} brought {v} along to the picnic."],
        ["Which animal does {f} keep?", "What was adopted by {f} from a shelter?", "What pet did {f} bring to our picnic, or keep at the place?"],
        ["a one-eyed greyhound", "two ferrets", "a lovebird", "a tortoise called Bruno", "a Maine Coon", "a hedgehog", "three guinea pigs",
         "a blind spaniel", "an axolotl", "a cockatiel", "a corn snake", "a pair of rabbits"]),
    "allergy": (
        ["Careful with the cooking: {f} gets hives from {v}.", "{f} cannot have {v}, the throat swells up.", "We had to leave because {f} reacted badly to {v}."],
        ["What food must I avoid in cooking when {f} comes?", "What is {f} allergic to, with hives or a swollen throat?", "Which ingredient does {f} react to?"],
        ["hazelnuts", "shrimp", "celery", "kiwi", "sesame", "lupin flour", "mustard", "peaches", "buckwheat", "cashews", "soy", "strawberries"]),
    "town": (
        ["{f} has settled in {v} for good.", "We helped {f} carry boxes into the flat in {v}.", "{f} signed the lease, so {v} it is."],
        ["Where does {f} live?", "In which town is {f}'s flat, the one for which the lease was signed?", "Where did {f} settle?", "Where did we carry {f}'s boxes?"],
        ["Ghent", "Łódź", "Lyon", "Graz", "Utrecht", "Trieste", "Aarhus", "Seville", "Umeå", "Brno", "Bologna", "Groningen"]),
    "hobby": (
        ["{f} spends every free evening with {v}.", "{f} is crazy about {v} at the moment.", "You should see {f} at {v}, so patient."],
        ["What does {f} do for fun?", "What is {f} crazy about?", "How does {f} spend the evenings?"],
        ["bell ringing", "origami", "falconry", "fencing", "astrophotography", "wood turning", "salsa", "calligraphy", "ice swimming",
         "mushroom hunting", "model railways", "bouldering"]),
    "gift": (
        ["For {f}'s fortieth I ordered {v}.", "I wrapped {v} for {f}, with the blue ribbon.", "{f} unwrapped {v} and cried a little."],
        ["What present did I give {f}?", "What did I order for {f}'s birthday, the fortieth?", "What was in the wrapping with the ribbon for {f}?", "Why did {f} cry at unwrapping?"],
        ["a fountain pen", "a cast-iron pan", "a globe", "a rain barrel", "a telescope", "a hammock", "a chess clock", "a kilim",
         "a weather station", "a pasta machine", "a violin bow", "a tent"]),
    "illness": (
        ["{f} had an operation on {v} and is on crutches of the mind, as the joke goes.", "The doctors say {v} will keep {f} at home for a month.", "Poor {f}, {v} again."],
        ["What health trouble did {f} have?", "What was {f} operated on?", "What did the doctors say about {f}?"],
        ["the left knee", "a slipped disc", "shingles", "the gall bladder", "a torn ligament", "pneumonia", "migraines", "a broken wrist",
         "appendicitis", "tinnitus", "an inflamed tendon", "vertigo"]),
}

# What was so, when, what replaced it; the questions ask for the newer and for the older.
CHANGES = [
    ("My dentist is Dr. Okafor on Mill Lane.", "I left Dr. Okafor; from now on my teeth are with Dr. Brandt at the harbour.", "Who looks after my teeth at present?", "Which dentist did I go to earlier?"),
    ("I bank with Nordhaven, the branch at the station.", "The Nordhaven account is closed, everything is at Kreditunion Süd now.", "At which bank is my account these days?", "Which bank was I with formerly?"),
    ("My landline is 030 555 7712.", "New telephone number for me: 030 555 9046, the old line is dead.", "What number can I be called on?", "What was my phone number before it changed?"),
    ("I commute on the old green bicycle.", "The green bicycle was stolen, so I commute by the 14 tram.", "How do I get to work nowadays?", "What did I ride to work on before it was taken?"),
    ("I pay 740 a month for the flat.", "The landlord put the rent up to 815.", "How much is my rent currently?", "What did the flat cost monthly at first?"),
    ("Choir rehearsal is on Tuesdays in the chapel.", "Choir has moved to Thursdays, in the school gym.", "On which weekday do I sing now?", "When did we use to rehearse with the choir?"),
    ("My laptop runs Fedora 39.", "I wiped the laptop and put Debian on it.", "Which Linux distribution is on my notebook now?", "What operating system had my laptop originally?"),
    ("I work at Halvorsen Logistics, in the customs team.", "First day at Bluewater Analytics today! No more customs forms.", "Who is my employer now?", "Which company employed me in customs?"),
    ("My running shoes are size 39 from Tarn.", "Tarn shoes gave me blisters; I run in Volante size 40 since today.", "Which brand of running shoes do I wear these days?", "Which shoes gave me blisters?"),
    ("I take 50 micrograms of thyroxine each morning.", "The doctor raised the thyroxine to 75 micrograms.", "What is my present dose of thyroid medicine?", "How much thyroxine did I take at the beginning?"),
    ("The wifi password is lantern-orbit-42.", "Changed the wifi password to copper-thistle-88 after the visitors.", "What is the valid password of our wireless network?", "What was the wireless password before the visitors came?"),
    ("Our meeting room is called Albatross, on the third floor.", "They renamed our meeting room from Albatross to Petrel.", "What is the conference room called now?", "What was the meeting room's former name?"),
    ("I read Le Guin at night, The Dispossessed.", "Done with Le Guin, I have begun Middlemarch.", "Which novel am I reading at the moment?", "What book did I have on the bedside before Middlemarch?"),
    ("Our car is a grey Skoda estate.", "We traded the Skoda for a small electric Renault.", "What vehicle do we drive today?", "Which car did we have prior to the electric one?"),
]

NEGATIONS = [
    ("I can't stand coriander, please never put it in a recipe.", "Which herb do I dislike?"),
    ("No, I never got a driving licence.", "Am I allowed to drive a car?"),
    ("We are not going to the wedding in Porto after all.", "Is the trip to the Porto marriage still on?"),
    ("I don't drink alcohol any more, not even wine at dinners.", "Should wine be served to me?"),
    ("The doctor ruled out asthma, it isn't that.", "Do I suffer from asthma?"),
    ("I gave up on learning the accordion.", "Do I still practise the accordion?"),
    ("We decided against a second cat.", "Will we get another cat?"),
    ("The neighbours did not sign the petition about the lime tree.", "Who refused their signature for the lime tree?"),
    ("My passport has not arrived, the office lost the photo.", "Has the passport come yet?"),
    ("Nobody in our family is called Gregor, that was a misunderstanding.", "Is there a Gregor among my relatives?"),
    ("I did not take the loan, the interest was absurd.", "Did I borrow the money in the end?"),
    ("There is no cellar in this building, only lockers under the roof.", "Where can I store things, is there a cellar?"),
]

# On a named day; {d} is put in as it would be said.
DATES = [
    ("The boiler inspection is on {d}, between nine and eleven.", "When does the heating get checked?"),
    ("Grandfather's memorial stone will be set on {d}.", "On what day is the memorial stone placed?"),
    ("I have the citizenship interview on {d}.", "When is my interview about citizenship?"),
    ("The sofa is delivered on {d}, they will call before.", "Which day does the new couch arrive, the sofa?"),
    ("My library books are due on {d}.", "By when must the borrowed books go back to the library?"),
    ("Our train to Vienna leaves on {d} at 6:52.", "What is the departure of the Vienna trip?"),
    ("The lease of the garden plot ends on {d}.", "When does the contract of the allotment, the garden plot, run out?"),
    ("The eclipse party is on {d}, on the roof.", "When do we watch the eclipse?"),
    ("The tax deadline for me is {d}, with the adviser.", "Until what date can I hand in the tax papers?"),
    ("The half marathon is on {d} in Bremen.", "When do I run in Bremen?"),
    ("Vaccination for the cat: {d}.", "When is the cat due for its shot, the vaccination?"),
    ("On {d} the water will be off in the whole street.", "On which date do we have no water?"),
]

# Told as of the day of the session, asked by month and year.
RELATIVES = [
    ("Last Saturday we took the canoe down the Havel and capsized.", "What happened to us in the canoe in {m}?"),
    ("Yesterday the washing machine flooded the bathroom.", "Which machine caused a flood in the bath in {m}?"),
    ("The day before yesterday I met my old physics teacher at the bakery.", "Which teacher did I run into in {m}?"),
    ("Two weeks ago I sprained the ankle on the stairs.", "How did I hurt my ankle around {m}?"),
    ("Last night the power went out for three hours.", "When in {m} were we without electricity, the power?"),
    ("This morning I found a wasps' nest under the balcony.", "What insects did I discover in {m}?"),
    ("Last weekend we slept in a lighthouse.", "In which unusual place did we stay overnight in {m}?"),
    ("On Monday I handed in the thesis of the evening course.", "What did I submit for my course in {m}?"),
    ("Yesterday a kingfisher sat on our fence.", "Which bird sat outside, near the fence, in {m}?"),
    ("Last Friday I won the raffle at the fire station.", "What did I win something at in {m}?"),
]

# What is asked by the assistant, what is answered; the question leans on the first, the evidence is the second.
ELLIPSES = [
    ("What colour shall the kitchen walls be?", "The pale one, like butter.", "Which shade did I pick for the kitchen walls?"),
    ("How many guests are coming to the housewarming?", "Twenty-three, if all say yes.", "What is the number of guests at the housewarming?"),
    ("Where do you keep the spare key?", "Under the third pot from the left.", "Where is the spare key hidden?"),
    ("Which insurance covers the violin?", "Still the one my aunt recommended, Helvion.", "Who insures the violin?"),
    ("What does the physiotherapist want you to do each day?", "Ten minutes on the wobbly board, mornings.", "What exercise did the physiotherapist prescribe?"),
    ("How long may the sourdough rest?", "Fourteen hours, no longer.", "For how long should the sourdough rest?"),
    ("Whom shall I put down as emergency contact?", "My cousin, she is always reachable.", "Who is my emergency contact?"),
    ("What is the code of the bicycle lock?", "Four nine zero two.", "How do I open the bicycle lock?"),
    ("Which pages of the contract worry you?", "Seven and twelve, the penalties.", "Which part of the contract bothers me?"),
    ("What name will the boat get?", "We settled on Quiet Magpie.", "How is the boat going to be christened, its name?"),
    ("How hot must the kiln be for the blue glaze?", "Twelve hundred and forty.", "At what temperature is the blue glaze fired in the kiln?"),
    ("What did the mechanic say about the noise?", "A loose heat shield, nothing dear.", "What caused the noise according to the mechanic?"),
]

ASSISTANTS = [
    ("How do I get candle wax out of wool?", "Freeze it, break it off, then iron over brown paper.", "What method did you suggest against wax stains?"),
    ("Which rice is best for paella?", "Bomba rice; it takes up much stock and stays firm.", "Which kind of rice did you recommend for paella?"),
    ("Suggest a name for the podcast.", "How about 'Slow Signals'?", "What title did you propose for the podcast?"),
    ("What should I plant on the shady side?", "Ferns and hostas do well without sun there.", "Which plants did you advise for the shade?"),
    ("How do I stop the door from squeaking?", "Rub graphite from a soft pencil on the hinges.", "What was your advice about the squeaking hinges?"),
    ("Which museum is open on Mondays?", "The maritime one; it closes on Wednesdays instead.", "Which museum did you say is open Mondays?"),
    ("What is a good stretch for the calf?", "Stand on a step and let the heel sink for thirty seconds.", "Which calf stretch did you describe to me?"),
    ("How long do lentils soak?", "Red ones not at all, brown ones an hour at most.", "What did you tell me about soaking lentils?"),
]

SCRIPTS = [
    ("Моя бабушка живёт в Казани и печёт лучшие пироги с капустой.", "Где живёт бабушка?"),
    ("Мы купили дачу у озера под Выборгом, с баней.", "Что за дачу мы купили и где?"),
    ("Врач запретил мне кофе до конца года.", "Какой напиток запретил врач?"),
    ("Ключи от гаража я оставила у соседки Веры.", "У кого лежат ключи от гаража?"),
    ("我妹妹在成都开了一家小茶馆,每天下午很热闹。", "妹妹的茶馆开在哪个城市?"),
    ("医生说我对青霉素过敏,以后不能用。", "我对什么药过敏?"),
    ("我们决定明年春天去敦煌看壁画。", "打算什么时候去敦煌?"),
    ("我的猫叫豆包,喜欢睡在打印机上。", "猫叫什么名字?"),
    ("来月、京都の叔母の家に三日間泊まります。", "京都では誰の家に泊まる予定?"),
    ("息子の担任は佐藤先生に変わりました。", "担任の先生の名前は?"),
    ("納豆だけはどうしても食べられません。", "食べられないものは何?"),
    ("自転車の鍵は玄関の青い箱に入れてあります。", "自転車の鍵はどこ?"),
    ("أختي ليلى تدرس الطب في جامعة دمشق.", "ماذا تدرس ليلى؟"),
    ("موعد طبيب الأسنان يوم الخميس القادم صباحا.", "متى موعد طبيب الأسنان؟"),
    ("اشتريت عودا قديما من سوق الحرفيين.", "من أين اشتريت العود؟"),
    ("Ο αδερφός μου άνοιξε φούρνο στη Θεσσαλονίκη.", "Πού άνοιξε φούρνο ο αδερφός;"),
    ("Το καλοκαίρι θα πάμε στη Νάξο με το παλιό καΐκι.", "Πού θα πάμε το καλοκαίρι;"),
    ("Δεν τρώω μελιτζάνες, μου φέρνουν αλλεργία.", "Τι δεν τρώω λόγω αλλεργίας;"),
    ("우리 할머니는 전주에서 한지 공예를 가르치세요.", "할머니는 무엇을 가르치시나요?"),
    ("다음 주부터 수영 강습을 새벽반으로 옮겼어요.", "수영 강습은 어느 반인가요?"),
    ("แม่ของฉันเปิดร้านดอกไม้ที่เชียงใหม่", "ร้านดอกไม้ของแม่อยู่ที่ไหน"),
    ("ฉันแพ้ถั่วลิสงตั้งแต่เด็ก", "ฉันแพ้ถั่วอะไร"),
    ("मेरी दादी जयपुर में पतंग बनाती हैं।", "दादी जयपुर में क्या बनाती हैं?"),
    ("סבתא שלי מגדלת תותים בחצר בחיפה.", "מה סבתא מגדלת בחצר?"),
    ("Den Schlüssel zum Schrebergarten hat jetzt Frau Wöhrle.", "Bei wem sind die Schlüssel des Schrebergartens?"),
    ("Meine Großtante züchtet Alpakas im Allgäu.", "Welche Tiere werden von der Großtante gezüchtet?"),
    ("La chaudière sera remplacée par un poêle à granulés en octobre.", "Par quoi remplace-t-on la chaudière ?"),
    ("Mes voisins élèvent des abeilles sur le toit.", "Qu'est-ce que les voisins élèvent sur le toit ?"),
    ("Mi sobrina estudia oboe en el conservatorio de Bilbao.", "¿Qué instrumento estudia mi sobrina?"),
    ("Le habitaciones del hostal dan al río, reservé dos.", "¿Cuántas habitaciones reservé en el hostal?"),
    ("Mio zio ripara orologi in una bottega a Ferrara.", "Che cosa riparava lo zio nella bottega?"),
    ("O meu padrinho vende queijos na feira de Braga.", "O que vendia o padrinho nas feiras?"),
    ("Mijn buurman bouwt een zeilboot in de schuur.", "Wat wordt er door de buurman in de schuur gebouwd?"),
    ("Min moster odlar svarta vinbär utanför Växjö.", "Vad är det mostern odlar?"),
]

# Said in those languages too, and asked about by nobody.
SCRIPT_TALK = [
    "Бабушка опять звонила и жаловалась на погоду.", "Соседка спрашивала про гараж и про снег.", "Надо купить кофе и сахар.", "На озере уже лёд.", "Врач принимает по вторникам.",
    "今天下午和妹妹吃了火锅。", "医生让我多喝水。", "猫又把花瓶打翻了。", "明年想换一台打印机。", "成都这几天一直下雨。",
    "京都は人が多すぎる。", "先生に電話しなければ。", "自転車のタイヤがパンクした。", "叔母から手紙が届いた。", "朝ごはんに納豆が出た。",
    "اتصلت بأختي أمس ولم ترد.", "طبيب الأسنان غال جدا.", "السوق مغلق يوم الجمعة.", "الجامعة بعيدة عن البيت.",
    "Ο αδερφός μου άργησε πάλι.", "Το καλοκαίρι φέτος είναι ζεστό.", "Ο φούρνος της γειτονιάς έκλεισε.", "Οι μελιτζάνες ακρίβυναν.",
    "할머니 댁에 눈이 많이 왔대요.", "수영장이 오늘 문을 닫았어요.", "ร้านดอกไม้แถวบ้านปิดวันจันทร์", "แม่โทรมาเมื่อเช้า", "दादी को आज बुखार है।", "पतंग का मौसम आ गया।",
    "סבתא התקשרה הבוקר.", "Der Schlüssel klemmt schon wieder.", "Die Großtante kommt am Sonntag.", "Les voisins font du bruit.", "La chaudière fait un drôle de bruit.",
    "Mi sobrina viene el domingo.", "El hostal estaba lleno.", "Mio zio arriva domani.", "O meu padrinho está doente.", "Mijn buurman maakt lawaai.", "Min moster fyller år.",
]

CODES = [
    ("The crash came from parse_header_line in src/net/wire_reader.cc, an off-by-one at the last byte.", "In which function was the off-by-one?"),
    ("I reverted commit 9f3c2ab71e because the cache never warmed up.", "Which commit did I take back, and why, 9f3c2ab?"),
    ("The build breaks with error C2440 since we moved to version 17.8.3.", "What was C2440 about?"),
    ("Set ZO_FEED_RING_KIB=256 before starting, otherwise the feed stalls.", "What must ZO_FEED_RING_KIB be set to?"),
    ("InvoiceExporter.writeRows drops the last row when the locale is tr_TR.", "What is wrong with writeRows?"),
    ("The nightly dump lies in /srv/backup/pg/nightly.sql.zst on the small server.", "Where is nightly.sql.zst kept?"),
    ("Ticket OPS-1187 is about the certificate of mail.lindqvist.example.", "What does OPS-1187 deal with?"),
    ("I pinned libfoo to 2.4.1 since 2.5.0 leaks file descriptors.", "Why is libfoo pinned, 2.4.1?"),
    ("The macro RETRY_BUDGET_MS should be 1,500 and not 15,000.", "What is the right value of RETRY_BUDGET_MS?"),
    ("ssh goes to port 2229 on host kestrel, user deploy.", "Which port does ssh use on kestrel?"),
    ("getUserTimezone() returns the wrong zone for Lisbon in winter.", "Which place breaks getUserTimezone?"),
    ("HTTP 429 from api.weatherhut.example means we polled more than once a minute.", "Why do we get a 429 at weatherhut?"),
    ("My script tide_table.py needs --station 0213 for the harbour.", "Which station does the tide table script want?"),
    ("I named the new C++ class BoundedPipe, the queue that drains after close.", "What is the name of the C++ class of the queue?"),
    ("Serial number of the dishwasher: FD 9402 118834.", "What serial number has the dishwasher?"),
]

# Two turns each; the question names neither's link.
HOPS = [
    ("My godmother is Renate, she plays the viola.", "Renate's house stands in Quedlinburg, next to the abbey.", "Where does the viola player who is my godmother have her house?"),
    ("The blue folder holds the adoption papers of the dog.", "I put the blue folder into the chest in the hallway.", "In which piece of furniture are the dog's adoption papers?"),
    ("Our landlord is Mr. Petrescu.", "Petrescu's daughter runs the print shop at the corner.", "What does the landlord's daughter do?"),
    ("The cabin we rent each summer belongs to Solveig.", "Solveig sold her boat and bought goats.", "Which animals has the owner of our summer cabin got?"),
    ("Project Lantern is led by Yusuf.", "Yusuf is away until the end of the month, his twins were born.", "Why is the leader of project Lantern absent?"),
    ("I lent the telescope to the astronomy club.", "The astronomy club meets above the fire brigade.", "Above which place is the telescope that I lent away?"),
    ("Vaclav repaired our piano.", "Vaclav learned his trade in Olomouc.", "Where did the man who repaired the piano learn his trade?"),
    ("The recipe for the plum cake is from Aunt Dorothea.", "Aunt Dorothea bakes with spelt only.", "Which flour goes into the plum cake, going by my aunt's habit?"),
    ("My gym partner is called Milan.", "Milan got a place at the veterinary school.", "What will the person I train with at the gym study?"),
    ("The wine from the tasting was made by the Kessler estate.", "The Kessler estate was hit by hail and sells nothing this year.", "Why can we not order again the wine of the tasting?"),
]

LISTS = [
    ("Which bridges have I sketched so far?", ["I sketched the iron bridge by the mill.", "Today's sketch: the covered bridge in the snow.", "Finished a sketch of the drawbridge at the canal."]),
    ("What have I baked this year for the street party?", ["For the street party I baked a poppy seed roll.", "I also baked two trays of cheese straws for the street party.", "And the street party got a lemon loaf that I baked at midnight."]),
    ("Which courses did I sign up for?", ["I signed up for a course in upholstery.", "Signed up for the first-aid course of the parish.", "There was one place left in the bookkeeping course, I signed up."]),
    ("Which instruments broke at the concert?", ["At the concert a cello string broke.", "The concert's second half was worse, the bassoon broke too."]),
    ("Which trees were felled in our street?", ["They felled the old chestnut in our street.", "The birch in our street is felled as well."]),
    ("Which subscriptions have I cancelled?", ["I cancelled the subscription of the chess magazine.", "Cancelled my subscription to the vegetable box.", "The film subscription is cancelled, too dear."]),
]

ABSTENTIONS = [
    "What is the name of my parrot?", "Which university did Anselm graduate from?", "How much did the sailing course cost?", "When did I visit Iceland?",
    "What is the maiden name of my mother?", "Which tattoo did Priya get?", "Who taught me to weave?", "What is my blood group?",
    "Which opera did we see in Milan?", "What is the licence plate of the Renault?", "When was Kwame's divorce?", "Which perfume do I use?",
    "How tall is Sven?", "What did the plumber charge for the pipe?", "Where did I lose the umbrella?", "Какого цвета моя машина?", "我的生日是哪一天?",
    "What does InvoiceImporter.readRows return?", "Which score did I get in the chess tournament?", "Who is the mayor that I met?",
]

# Talk that is about nothing in particular, over the same names, things and places.
OPENERS = ["Morning!", "Hi, it's me.", "Quick question.", "I have ten minutes.", "Long day.", "Back again.", "Are you there?", "Rain again here."]
TALK = [
    "I thought about {f} on the way home and about {t}.", "{f} sent a photo of {t}, it made me laugh.", "Can you remind me later to ask {f} about {t}?",
    "We talked for an hour about {t} and came to no end.", "There was an article on {t}, quite long.", "I am too tired for {t} today.",
    "{f} and {g} argued over {t} again.", "Somebody left {t} in the staircase.", "My colleague keeps going on about {t}.",
    "Put {t} on the list for the weekend, please.", "I dreamt of {t}, with {f} in it.", "{f} wants to borrow my book about {t}.",
    "The radio had a feature on {t}.", "Honestly, {t} can wait.", "{g} thinks that {f} should care less about {t}.", "It smells of {t} in the whole house.",
    "What would you do about {t} in my place?", "I saw {f} at the market, near {t}.", "Do not let me forget {t}.", "Tomorrow I will deal with {t}, I promise.",
]
THINGS = [
    "the tram strike", "the kitchen shelf", "old bicycles", "the choir's new programme", "a leaking tap", "hazelnut spread", "the neighbour's dog", "tax forms",
    "the garden plot", "winter tyres", "the library fines", "a telescope", "bank holidays", "train delays", "the cat's moods", "sourdough", "the violin lesson",
    "dentist bills", "wifi in the attic", "the wedding seating", "boat varnish", "the heating", "running shoes", "a birthday card", "mushroom season",
    "the museum queue", "ferns", "the meeting room", "Linux on old machines", "a lost glove", "the street party", "a chess problem", "Vienna in spring",
    "the lime tree", "the balcony", "a power cut", "the washing machine", "passport photos", "the fire station", "the lighthouse keeper", "plum cake",
    "wine tasting", "the piano tuner", "goats", "spelt flour", "the astronomy club", "a print shop", "hail damage", "compost", "the roof terrace",
]
REPLIES = [
    "Noted. Shall I look into {t}?", "I see. {t} comes up often lately.", "That sounds tiring.", "Good idea; I will keep {t} in mind.", "Do you want a reminder about {t}?",
    "Understood.", "How did {f} take it?", "I can find something on {t} if you like.", "All right, anything else?", "Sleep over it, {t} will still be there.",
    "Maybe {f} can help with {t}.", "I have put {t} on your list.", "Is that about {t} or about {g}?", "Fair enough.",
]
ACKNOWLEDGED = ["Noted.", "Thank you, I will remember that.", "Good to know.", "All right.", "I see, thanks for telling me."]


class History:
    def __init__(self, seed, sessions):
        self.dice = random.Random(seed)
        self.sessions = []
        for number in range(sessions):
            at = FIRST_DAY + datetime.timedelta(days=DAYS * number / sessions, minutes=self.dice.randrange(0, 720))
            self.sessions.append({"at": at, "planted": []})
        self.questions = []
        self.turns = []

    def talk(self, pool):
        f, g = self.dice.sample(FRIENDS, 2)
        return self.dice.choice(pool).format(f=f, g=g, t=self.dice.choice(THINGS))

    # What is said in one session, one turn behind the other; returns the places of the turns, which get their names at the end.
    def plant(self, lines, between=(0.0, 1.0)):
        low, high = (int(part * (len(self.sessions) - 1)) for part in between)
        # Not too much that is asked about in one session.
        number = min((self.dice.randint(low, high) for _ in range(4)), key=lambda one: len(self.sessions[one]["planted"]))
        turns = [{"speaker": speaker, "text": text} for speaker, text in lines]
        self.sessions[number]["planted"].append(turns)
        return number, turns

    def ask(self, category, text, evidence):
        self.questions.append({"category": category, "text": text, "evidence": evidence})

    def write_turns(self):
        for number, session in enumerate(self.sessions):
            lines = [{"speaker": USER, "text": self.dice.choice(OPENERS)}, {"speaker": ZO, "text": self.talk(REPLIES)}]
            count = self.dice.randint(*TURNS_A_SESSION)
            blocks = session["planted"] + [None] * max(2, (count - sum(len(turns) for turns in session["planted"])) // 2)
            self.dice.shuffle(blocks)
            for block in blocks:
                if block is not None:
                    lines += block
                else:
                    lines += [{"speaker": USER, "text": self.talk(TALK)}, {"speaker": ZO, "text": self.talk(REPLIES)}]
            for at, line in enumerate(lines):
                line["id"] = f"s{number:03}t{at:02}"
                moment = session["at"] + datetime.timedelta(minutes=2 * at)
                self.turns.append({"conversation": CONVERSATION, "session": f"s{number:03}", "id": line["id"], "speaker": line["speaker"],
                                   "at": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "text": line["text"]})


def said(history, text):
    return [(USER, text), (ZO, history.dice.choice(ACKNOWLEDGED))]


def plant_friends(history):
    for kind, (statements, questions, values) in FRIEND_FACTS.items():
        values = history.dice.sample(values, len(values))
        asked = set(history.dice.sample(FRIENDS, 6))
        for friend, value in zip(FRIENDS, values):
            _, turns = history.plant(said(history, history.dice.choice(statements).format(f=friend, v=value)))
            if friend in asked:
                history.ask("friend", history.dice.choice(questions).format(f=friend), [turns[0]])


def plant_changes(history):
    for old, new, now, before in CHANGES:
        _, first = history.plant(said(history, old), (0.0, 0.4))
        _, second = history.plant(said(history, new), (0.55, 1.0))
        history.ask("change", now, [second[0]])
        history.ask("change", before, [first[0]])


def plant_days(history):
    for index, (statement, question) in enumerate(DATES):
        number, turns = history.plant([])
        day = history.sessions[number]["at"] + datetime.timedelta(days=history.dice.randint(9, 80))
        shape = ["{0.day} {0:%B} {0.year}", "{0:%B} {0.day}", "{0:%Y-%m-%d}", "the {0.day}. of {0:%B}"][index % 4]
        text = shape.format(day)
        turns += [{"speaker": USER, "text": statement.format(d=text)}, {"speaker": ZO, "text": history.dice.choice(ACKNOWLEDGED)}]
        history.ask("date", question, [turns[0]])
        if index % 2 == 0:
            history.ask("date", f"What is planned for {day:%B} {day.day}?", [turns[0]])
    for statement, question in RELATIVES:
        number, turns = history.plant(said(history, statement))
        history.ask("relative", question.format(m=f"{history.sessions[number]['at']:%B %Y}"), [turns[0]])


def plant_plain(history):
    for statement, question in NEGATIONS:
        history.ask("negation", question, [history.plant(said(history, statement))[1][0]])
    for asked, answer, question in ELLIPSES:
        history.ask("ellipsis", question, [history.plant([(ZO, asked), (USER, answer)])[1][1]])
    for asked, answer, question in ASSISTANTS:
        history.ask("assistant", question, [history.plant([(USER, asked), (ZO, answer)])[1][1]])
    for statement, question in SCRIPTS:
        history.ask("script", question, [history.plant(said(history, statement))[1][0]])
    for statement, question in CODES:
        history.ask("code", question, [history.plant(said(history, statement))[1][0]])
    for first, second, question in HOPS:
        history.ask("multi_hop", question, [history.plant(said(history, first), (0.0, 0.5))[1][0], history.plant(said(history, second), (0.5, 1.0))[1][0]])
    for question, statements in LISTS:
        history.ask("list", question, [history.plant(said(history, statement))[1][0] for statement in statements])
    for statement in SCRIPT_TALK + SCRIPT_TALK:
        history.plant(said(history, statement))
    for question in ABSTENTIONS:
        history.ask("abstention", question, [])


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--sessions", type=int, default=270)
    chosen = options.parse_args()
    history = History(chosen.seed, chosen.sessions)
    plant_friends(history)
    plant_changes(history)
    plant_days(history)
    plant_plain(history)
    history.write_turns()
    out = sys.stdout
    for turn in history.turns:
        out.write(json.dumps({"turn": turn}, ensure_ascii=False) + "\n")
    for number, question in enumerate(history.questions):
        row = {"conversation": CONVERSATION, "id": f"q{number:03}", "text": question["text"], "category": question["category"],
               "evidence": [turn["id"] for turn in question["evidence"]]}
        out.write(json.dumps({"question": row}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
