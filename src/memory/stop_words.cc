#include "memory/stop_words.h"

namespace zo {

const std::array<std::string_view, kLanguages> kStopWords = {
    // English; what stands before and behind an apostrophe too
    "a about above after again against ain all also am an and any are aren as at be because been before being below between both but by can "
    "cannot could couldn d did didn do does doesn doing don down during each either else ever few for from further get got had hadn has "
    "hasn have haven having he her here hers herself him himself his how i if in into is isn it its itself just let ll m many me more most much "
    "mustn my myself need no nor not now of off oh ok okay on once only or other ought our ours ourselves out over own quite rather re really s "
    "same shall shan she should shouldn so some such t than that the their theirs them themselves then there these they this those through "
    "to too under until up upon us ve very was wasn we well were weren what when where which while who whom whose why will with won would "
    "wouldn yes yet you your yours yourself yourselves",
    // German
    "aber alle allem allen aller alles als also am an andere anderen anderer anderes auch auf aus bei beim bin bis bist da dabei damit "
    "danach dann daran darauf das dass dazu dein deine deinem deinen deiner dem den denn der des dessen dich die dies diese diesem diesen "
    "dieser dieses dir doch dort du durch ein eine einem einen einer eines er es etwas euch euer eure fur ganz gegen gewesen hab habe haben "
    "hast hat hatte hatten hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im immer in ins ist ja jede jedem jeden jeder jedes "
    "jetzt kann kannst kein keine keinem keinen keiner konnen konnte machen man manche mein meine meinem meinen meiner mich mir mit muss "
    "nach nein nicht nichts noch nun nur ob oder ohne schon sehr sein seine seinem seinen seiner seit sich sie sind so soll sollte sondern "
    "sonst uber um und uns unser unsere unter viel viele vielen vom von vor wann war waren warum was weg weil welche welchem welchen welcher welches wem wen "
    "wenn wer werde werden wie wieder will wir wird wirst wo wollen wurde wurden zu zum zur zwar zwischen",
    // French
    "a ai aie aient ait alors apres as au aucun aussi autre aux avaient avait avant avec avez avoir avons bien c car ce ceci cela celle celui "
    "ces cet cette ceux chez combien comme comment d dans de deja depuis des deux dit dois doit donc dont du elle elles en encore entre es est et etaient "
    "etais etait etc ete etes etre eu eux fait faire fut ici il ils j je jusqu juste l la le les leur leurs lorsqu lui m ma mais me meme mes "
    "moi moins mon n ne ni non nos notre nous on ont ou par parce pas peu peut plus pour pourquoi puis qu quand que quel quelle quelles quels "
    "qui quoi s sa sans sans se sera ses si son sont sous suis sur t ta te tes toi ton tous tout toute toutes tres tu un une va vers vos votre "
    "vous y",
    // Spanish
    "a ahi al algo alguien algun alguna algunas algunos ante antes aqui asi aun aunque cada como con contra cual cuales cuando cuanto cuanta cuantas cuantos de del "
    "desde donde dos durante e el ella ellas ellos en entre era eran eras eres es esa esas ese eso esos esta estaba estaban estado estan estar "
    "estas este esto estos estoy fue fueron fui gran ha hace hacia han hasta hay he hemos la las le les lo los mas me mi mia mientras mio mis "
    "mucho muy nada ni no nos nosotros nuestra nuestro o os otra otras otro otros para pero poco por porque pues que quien quienes se sea ser "
    "si sido siempre sin sobre sois somos son soy su sus suya suyo tambien tan tanto te tenemos tener tengo ti tiene tienen todo todos tu tus "
    "un una unas uno unos usted ustedes vosotros y ya yo",
    // Italian
    "a abbiamo ad agli ai al alla alle allo altra altri altro anche ancora avere aveva avevo c che chi ci cio cioe come con contro cosa cosi cui d da dagli dai dal "
    "dalla dalle dallo de degli dei del dell della delle dello di dopo dove due e ed era erano eri ero essere fa fare fino fra gia gli ha hai "
    "hanno ho i il in io l la le lei li lo loro lui ma me mentre mi mia mie miei mio molto ne negli nei nel nell nella nelle nello no noi non "
    "nostra nostro o ogni oltre ora per perche piu poi prima puo quale quali quando quanto quanta quante quanti quella quelle quelli quello questa queste questi "
    "questo qui se sei senza si sia siamo siete solo sono sopra stata stato su sua sue sugli sui sul sull sulla sulle suo suoi te ti tra tu "
    "tua tuo tutti tutto un una uno vi voi",
    // Portuguese
    "a ao aos apos aquela aquele aquilo as ate com como contra da das de dela dele deles depois desde do dos e ela elas ele eles em entre era "
    "eram essa essas esse esses esta estao estar estas estava estavam este estes estou eu faz foi fomos for foram fui ha isso isto ja la lhe "
    "lhes mais mas me mesmo meu meus minha minhas muito na nao nas nem no nos nossa nosso num numa o onde os ou para pela pelas pelo pelos "
    "por porque pra qual quando quanta quantas quanto quantos que quem sao se seja sem sempre sendo ser sera seu seus so sobre somos sou sua suas tambem te tem temos tenho "
    "ter teu teve tinha toda todas todo todos tu tua tudo um uma umas uns voce voces vos",
    // Dutch
    "aan al alles als altijd andere ben bij daar dan dat de der deze die dit doch doen door dus een en er ge geen geweest haar had heb hebben "
    "heeft hem het hier hij hoe hoeveel hun iemand iets ik in is ja je jij jou jouw jullie kan kon kunnen maar me meer men met mij mijn moet na naar "
    "niet niets nog nu of om omdat onder ons onze ook op over reeds te tegen toch toen tot u uit uw van veel voor waar waarom wanneer want "
    "waren was wat we weer wel welke werd wezen wie wij wil worden wordt zal ze zei zelf zich zij zijn zo zonder zou",
    // Swedish
    "aldrig alla allt an att av bara bli blir blev da dar de dem den denna deras dess dessa det detta dig din dina ditt du efter ej eller en er "
    "era ert ett fick fran for fore ga ha hade han hans har hela henne hennes hon honom hur i icke in ingen inget innan inte ja jag kan kunde kom "
    "man manga med mellan men mig min mina mitt mot mycket nagon nagot nagra nar ni nu och ocksa om oss pa samma sedan sig sin sina sitt "
    "sjalv ska skulle sa sadan som till under upp ut utan vad var vara varfor varit varje vars vart vem vi vid vilka vilken vilket",
    // Danish
    "af alle alt anden at blev blive bliver da de dem den denne der deres det dette dig din dine disse dit dog du efter eller en end er et for "
    "fordi fra ham han hans har havde have hende hendes her hos hun hvad hvem hver hvilke hvilken hvilket hvis hvor hvordan hvornar i ikke ind ja jeg jer jo kan kom kun kunne man "
    "mange med meget men mig min mine mit mod ned noget nogle nok nu nar og ogsa om op os over pa selv sig sin sine sit skal skulle som sadan "
    "thi til ud under var vi vil ville vor vore vaere vaeret",
    // Norwegian
    "alle at av bade begge ble blei bli blir da de deg dei deim deira den denne der dere deres det dette di din disse ditt du eg ein eit eller "
    "en enn er et ett etter for fordi fra fram ha hadde ham han hans har hennar henne hennes her hja ho hun hva hvem hver hvilke hvilken hvilket hvis "
    "hvor hvordan hvorfor i ikke ikkje ingen inn ja jeg kan kom korleis kun kunne kva kvar man mange med meg meget mellom men mi min mine mitt mot mye "
    "ned noe noen nok nar na og ogsa om opp oss over pa sa seg selv si sin sine sitt skal skulle slik som til under ut uten vart var ver vi vil ville vort vaere vaert",
    // Finnish
    "aina ehka ei eika eivat emme en enemman enta etta etta han hanen hanet he heidan hyvin ilman ja jo joka jos jossa joten jotka kai kaikki kanssa kautta "
    "keita ken kenen ketka koska kuin kuinka kuka kun kuten kylla me meidan mika mika miksi milloin mina minka minua minulla minulle minun minut missa "
    "mista mita mita mukaan mutta myos naiden nama ne niiden niin niita no noin nuo nyt ole olen oletko olemme olet oli olin olisi olit olla "
    "olleet ollut on ovat paljon se seka seka sen siella siina sina sinua sinulla sinulle sinun sita sitten taalla tai tama taman tassa te "
    "teidan tuo tuon vaan vai vain viela voi voin yli",
    // Russian, without the breve and the two dots of й and ё
    "а без более больше будет будто бы был была были было быть в вам вас вдруг ведь во вот впрочем все всегда всего всех всю вы где да даже "
    "два для до другои его ее еи если есть еще ж же за зачем здесь и из или им иногда их к как какая какие какои ко когда конечно которая "
    "которые которыи кто куда ли лучше между меня мне много может можно мои моя мы на над надо наконец нас не него нее неи нельзя нет ни "
    "нибудь никогда ним них ничего но ну о об один он она они опять от перед по под после потом потому почти при про раз разве с сам свою "
    "себе себя сеичас сколько со так такои там тебя тем теперь то тогда того тоже только том тот три тут ты у уж уже хорошо хоть чего чем через что "
    "чтоб чтобы чуть эти этого этои этом этот эту я",
    // Greek, with σ at the end too
    "αλλα αν αντι απο αυτα αυτεσ αυτη αυτο αυτοι αυτοσ αυτου αυτουσ αυτων για δε δεν εαν ειμαι ειμαστε ειναι εισαι ειστε εκεινα εκεινη εκεινο "
    "εκεινοι ενα εναν ενασ εχει εχω η ηταν ημουν θα ισωσ και κατα κι μα με μετα μη μην μια μου μασ να ο οι ομωσ οπωσ οποια οποιο οποιοσ οσο "
    "οτι που πωσ ποτε ποια ποιο ποιοσ ποσα ποσο ποσοι πρεπει προσ πολυ σαν σασ σε στα στη στην στησ στισ στο στον στου στουσ στων σου συ τα τη την τησ τι "
    "τισ το τον του τουσ των τοτε ωσ",
    // Arabic
    "ال الى التي الذي الذين ان انا انت انه انها او اي اين ايضا بعد بل بن به بين تلك ثم حتى حول خلال ذلك سوف عن عند على عليه فقط في فيه فيها قبل "
    "قد كان كانت كل كم كما كيف لا لكن لم لماذا لن له لها ليس ما ماذا متى مثل مع من منذ منه منها نحن نعم هذا هذه هل هم هنا هناك هو هي و يا يكون",
    // Hindi
    "अपना अपनी अपने अब आप इन इस इसका इसके उन उनका उनकी उनके उस उसका उसकी उसके एक एवं और कब कर करता करना करने कहा का किया की कुछ के को कोई कौन क्या "
    "क्यों गया गई जब जा जैसा जो तक तब तो था थी थे दिया न नहीं ने पर फिर बहुत भी मुझे मेरा मेरी मेरे मैं मैंने में यदि यह यहाँ या ये रहा रही रहे लिए वह वहाँ वे सब साथ से हम "
    "हुआ हुई हुए है हैं हो होता होती होना",
};

const std::array<std::string_view, 12> kMonths = {
    "january jan januar janvier enero gennaio janeiro januari tammikuu tammikuussa январь января январе ιανουαριοσ ιανουαριου ιανουαριο يناير जनवरी",
    "february feb februar fevrier febrero febbraio fevereiro februari helmikuu helmikuussa февраль февраля феврале φεβρουαριοσ φεβρουαριου φεβρουαριο فبراير फरवरी",
    "march marz mars marzo marco maart marts maaliskuu maaliskuussa март марта марте μαρτιοσ μαρτιου μαρτιο مارس मार्च",
    "april apr avril abril aprile huhtikuu huhtikuussa апрель апреля апреле απριλιοσ απριλιου απριλιο ابريل अप्रैल",
    "may mai mayo maggio maio mei maj toukokuu toukokuussa маи мая мае μαιοσ μαιου μαιο مايو मई",
    "june jun juni juin junio giugno junho kesakuu kesakuussa июнь июня июне ιουνιοσ ιουνιου ιουνιο يونيو जून",
    "july jul juli juillet julio luglio julho heinakuu heinakuussa июль июля июле ιουλιοσ ιουλιου ιουλιο يوليو जुलाई",
    "august aug aout agosto augustus augusti elokuu elokuussa август августа августе αυγουστοσ αυγουστου αυγουστο اغسطس अगस्त",
    "september sep sept septembre septiembre settembre setembro syyskuu syyskuussa сентябрь сентября сентябре σεπτεμβριοσ σεπτεμβριου σεπτεμβριο سبتمبر सितंबर",
    "october oct oktober okt octobre octubre ottobre outubro lokakuu lokakuussa октябрь октября октябре οκτωβριοσ οκτωβριου οκτωβριο اكتوبر अक्टूबर",
    "november nov novembre noviembre novembro marraskuu marraskuussa ноябрь ноября ноябре νοεμβριοσ νοεμβριου νοεμβριο نوفمبر नवंबर",
    "december dec dezember dez decembre diciembre dicembre dezembro joulukuu joulukuussa декабрь декабря декабре δεκεμβριοσ δεκεμβριου δεκεμβριο ديسمبر दिसंबर",
};

}  // namespace zo
