"""Words of English that the rules know: small closed classes, and nouns that name nothing in particular.

There is no dictionary of nouns: whatever is not in these lists and stands where a noun stands is taken for one.
"""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


DETERMINERS = _set("the a an")
POSSESSIVES = _set("its their his her our your my whose")
# A sentence that leans on one of these says nothing on its own, so no question is made of it.
POINTERS = _set(
    "this these those he she him his her hers here there above below former latter another other others previous "
    "following ones similarly likewise therefore hence instead"
)
# These may stand where the same sentence has what they stand for.
PRONOUNS = _set("it its they them their theirs itself themselves himself herself one someone something")
DETERMINING = _set("each both either neither such same one")
PERSONAL = _set("i me my mine we us our ours you your yours let's myself yourself ourselves")
PREPOSITIONS = _set(
    "of in on at by for from to into onto with within without between among amongst through throughout during "
    "under including regarding concerning using following over across along against about around after before "
    "behind beneath beside beyond inside outside near since until toward towards upon via per than as like unlike "
    "despite off out up down"
)
CONJUNCTIONS = _set(
    "and or but nor so yet if because although though while whereas when whenever where wherever unless whether "
    "that which who whom whose what why how once"
)
QUANTIFIERS = _set(
    "some any many much more most few fewer less least several all every no none enough various numerous certain "
    "only even just also too very quite rather almost nearly about approximately roughly own half most multiple "
    "countless different"
)
MODALS = _set("can could may might must will would shall should")
COPULAS = _set("is are was were")
AUXILIARIES = MODALS | COPULAS | _set("be been being am has have had having do does did doing done cannot")
NEGATIONS = _set(
    "not no never none nor neither cannot without except least unlike hardly nothing nobody n't don't doesn't "
    "didn't isn't aren't wasn't weren't can't won't wouldn't couldn't shouldn't"
)
ABSOLUTES = _set(
    "always never all only every none entirely completely totally absolutely must everyone everything nobody "
    "nothing no any exclusively invariably"
)
VAGUE = _set(
    "often usually sometimes frequently generally typically rarely seldom occasionally commonly normally mostly "
    "probably perhaps likely possibly many most"
)
ADVERBS = _set(
    "not also often usually sometimes always never ever however then now still already again later earlier soon "
    "today perhaps indeed far well better best worse worst early late long together apart away back forth yet "
    "else maybe especially particularly rather quite even just only first second third finally otherwise simply "
    "yesterday tomorrow nevertheless nonetheless meanwhile moreover furthermore thereby thereafter elsewhere "
    "everywhere somewhat worldwide nowadays afterward afterwards overall instead once twice alone aside forward"
)
NUMBERS = _set(
    "two three four five six seven eight nine ten eleven twelve hundred thousand million billion dozen dozens "
    "hundreds thousands millions billions first second third fourth fifth zero"
)

# Nouns that name nothing in particular: no good as a key or a wrong answer.
GENERIC = _set(
    "link links average averages tendency tendencies reduction reductions assumption assumptions document "
    "documents meeting meetings office offices people person persons man men woman women child children baby "
    "babies boy boys girl girls student students teacher teachers researcher researchers scientist scientists "
    "psychologist psychologists expert experts author authors individual individuals participant participants "
    "subject subjects patient patients group groups member members family families parent parents adult adults "
    "friend friends someone somebody anyone anybody everyone everybody something anything everything nothing "
    "thing things way ways kind kinds type types sort sorts form forms part parts number numbers amount amounts "
    "lot lots bit example examples case cases instance instances time times day days week weeks month months year "
    "years decade decades century centuries hour hours minute minutes moment place places area areas aspect "
    "aspects factor factors fact facts idea ideas point points question questions answer answers reason reasons "
    "result results effect effects cause causes study studies research work works finding findings evidence data "
    "chapter chapters section sections figure figures table tables module text book books article articles page "
    "pages term terms word words name names concept concepts process processes problem problems issue issues "
    "approach approaches step steps stage stages level levels rate rates range change changes difference "
    "differences use uses role roles set sets variety majority minority end ends beginning start top bottom side "
    "sides line lines addition contrast order general particular total whole rest life lives world country "
    "countries situation situations condition conditions event events activity activities behavior behaviors "
    "action actions need needs goal goals view views today past present future feature features characteristic "
    "characteristics quality qualities pattern patterns system systems structure structures item items piece "
    "pieces means matter self others ability abilities possibility possibilities chance chances value values "
    "interest interests information knowledge experience experiences response responses outcome outcomes purpose "
    "purposes manner extent degree degrees basis field fields topic topics theory theories model models method "
    "methods task tasks test tests job jobs career careers score scores today tomorrow anything home house houses "
    "school schools room car cars feet hands head face eyes eye back body bodies people's history nature presence "
    "absence lack increase decrease society societies community communities importance impact influence "
    "understanding relationship relationships combination series sense list statement statements explanation "
    "explanations description descriptions definition definitions attention money water food hand foot picture "
    "pictures sentence sentences story stories game games movie movies college university workplace lifetime "
    "course courses discussion section age ages adulthood practice practices environment environments everyday "
    "mind question person's individual's child's one's century beginning middle context contexts setting settings "
    "center key component components element elements concern concerns consequence consequences variable "
    "variables perspective perspectives component unit units name location locations position positions function "
    "functions choice choices decision decisions object objects image images sound sounds light word color colors "
    "number size sizes shape shapes bachelor high low several hundreds participation skill skills technique "
    "techniques tool tools program programs policy policies law laws rule rules state states city cities region "
    "regions population populations sample samples source sources support care help control contact class classes "
    "grade grades lesson lessons experiment experiments police opportunity opportunities damage development "
    "measure measures notion exposure conclusion overview distinction movement distance expression sentence "
    "members books thoughts thought title titles interest ways account accounts comparison training treatment "
    "treatments benefit benefits risk risks success failure trouble difficulty difficulties difficulties relation "
    "relations interaction interactions connection connections association associations stuff everything areas "
    "matters america american americans united states english hypothesis symptoms symptom"
)

# Words that begin a sentence and tie it to the one before; they can be left out together with their comma.
CONNECTIVES = (
    "however", "for example", "for instance", "in addition", "additionally", "furthermore", "moreover", "in fact",
    "indeed", "in general", "generally", "specifically", "in particular", "first", "second", "third", "finally",
    "next", "also", "interestingly", "importantly", "in contrast", "by contrast", "on the other hand", "conversely",
    "in other words", "that is", "in short", "in summary", "overall", "similarly", "likewise", "of course",
    "today", "currently", "typically", "in reality", "notably", "traditionally", "historically", "broadly speaking",
    "in this way", "as a result", "thus", "therefore", "hence", "consequently", "in turn", "ultimately",
    "more specifically", "essentially", "basically", "clearly", "obviously", "unfortunately", "fortunately",
    "surprisingly", "recall that", "again", "lastly", "and", "but", "so", "yet",
)  # fmt: skip

FUNCTION_WORDS = (
    POSSESSIVES
    | PRONOUNS
    | DETERMINING
    | (
        DETERMINERS
        | POINTERS
        | PERSONAL
        | PREPOSITIONS
        | CONJUNCTIONS
        | QUANTIFIERS
        | AUXILIARIES
        | NEGATIONS
        | ADVERBS
    )
)

ADJECTIVES = _set(
    "resulting existing underlying remaining corresponding incompetent "
    "good bad new old young large small big great little long short strong weak common important likely unlikely "
    "human true false real able unable aware open clear free similar simple complex main major minor same whole "
    "full empty hot cold warm cool dry wet dark bright hard soft easy difficult fast quick rich poor near deep "
    "wide broad narrow right wrong normal recent early late modern ancient present available necessary possible "
    "impossible certain sure familiar popular healthy sick alive dead ready happy sad angry afraid interested "
    "tall thin thick heavy light flat round nearby distant extra double single daily weekly older younger larger "
    "smaller higher lower greater lesser fewer bigger longer shorter stronger weaker faster slower easier harder "
    "closer further farther newer latter inner outer upper middle distinct intact capable suitable equal apt "
    "adept evident apparent separate adequate accurate appropriate intimate immediate ultimate desperate "
    "elaborate delicate private moderate alternate subordinate consistent inconsistent dependent independent "
    "different significant insignificant relevant irrelevant present highest lowest largest smallest greatest "
    "best-known strongest earliest latest oldest youngest longest shortest incompetent absent resistant dominant "
    "pleasant unpleasant efficient sufficient subsequent frequent violent silent permanent reluctant constant "
    "instant ignorant hesitant important abundant confident competent excellent persistent prominent recurrent "
    "urgent vigilant worth due prone unique opaque obese extreme severe mild intense dense tense sane insane "
    "concrete abstract discrete diverse adverse inverse reverse rare scarce aware safe unsafe brave wise fine "
    "crude acute chronic cute mute remote sole stable unstable unfamiliar unclear unknown well-known so-called "
    "first-born"
)
# Nouns whose endings look like an adjective's.
NOUNS_LIKE_ADJECTIVES = _set(
    "animal animals hospital signal signals individual mammal mammals chemical chemicals mineral minerals crystal "
    "crystals metal metals ritual material rehearsal retrieval arousal withdrawal approval survival removal "
    "refusal denial trial trials criminal professional journal festival capital canal coral petal arrival "
    "proposal reversal interval goal potential thermal referral appraisal renal hippocampal logic music topic "
    "clinic fabric traffic mechanic arsenic picnic panic epidemic pandemic plastic critic rubric antibiotic "
    "narcotic psychedelic statistic heuristic arithmetic music magic republic public characteristic "
    "characteristics diuretic aquatic hallucinogenic archive olive motive narrative initiative perspective "
    "objective directive incentive alternative relative native detective executive adjective additive "
    "preservative locomotive variable table cable vegetable fable constable library dictionary secondary boundary "
    "glossary summary salary seminary anniversary vocabulary coronary ovary pituitary diary canary adversary "
    "sensitive hive drive five dive sedative laxative fixative preoperational seed breed need speed weed bed deed "
    "feed reed creed greed hundred kindred embryonic psychic skeptic metric synthetic genetic"
)
PERSON_VERBS = _set(
    "proposed believed developed argued suggested discovered founded published wrote coined conducted introduced "
    "theorized hypothesized claimed concluded described identified established demonstrated invented asserted "
    "thought formulated investigated observed designed pioneered created conceived won recognized defined "
    "emphasized expanded explained viewed referred served taught studied used examined championed advocated "
    "criticized noted maintained asked"
)
PEOPLE = _set(
    "psychologist psychologists psychiatrist psychiatrists physician physicist chemist biologist physiologist "
    "neurologist neuroscientist philosopher scientist researcher researchers anthropologist sociologist linguist "
    "economist mathematician theorist theorists botanist geologist astronomer historian engineer surgeon "
    "physiologists colleague colleagues student dr professor scholar author inventor naturalist geneticist "
    "biochemist biologists"
)
PLURALS = _set(
    "phenomena criteria bacteria mitochondria nuclei stimuli people children men women mice feet teeth data media "
    "alumni axes vertebrae ganglia cilia flagella algae fungi larvae antennae formulae spectra strata alveoli "
    "bronchi"
)
SINGULARS_IN_S = _set(
    "diabetes species series lens mumps rabies herpes calculus means news pancreas bias atlas gas canvas chaos "
    "cosmos ethos pathos thermos sepsis christmas texas paris aids"
)

# Enough of the commonest given names to tell a person from a place or an institute.
GIVEN_NAMES = _set(
    "Aaron Abraham Adam Albert Alexander Alfred Alice Allan Allen Amos Andrew Anna Anne Anthony Antoine Arthur "
    "Barbara Benjamin Bernard Burrhus Carl Carol Carolus Catherine Charles Christian Christopher Claude Clark "
    "Daniel David Dmitri Dorothy Douglas Edward Edwin Elizabeth Ellen Emily Emma Enrico Eric Erik Ernest Ernst "
    "Erwin Eugene Francis Francisco Franz Fred Frederick Friedrich Galileo George Gerald Gilbert Gordon Grace "
    "Gregor Gustav Hans Harold Harry Heinrich Helen Henri Henry Herbert Hermann Howard Hugo Ian Isaac Ivan Jack "
    "Jacob Jacques James Jane Jean Jerome Joan Johann Johannes John Jonas Joseph Julia Julian Karen Karl Kenneth "
    "Konrad Kurt Lawrence Leon Leonard Lev Lewis Linda Linus Lloyd Louis Louise Ludwig Margaret Maria Marie Mark "
    "Martha Martin Mary Matthew Matthias Max Michael Niels Nikola Noam Otto Patricia Paul Peter Philip Philippe "
    "Ralph Raymond Rene Richard Robert Roger Ronald Rosalind Rudolf Ruth Samuel Sandra Sarah Sigmund Simon "
    "Solomon Stanley Stephen Steven Susan Theodor Theodore Thomas Ulric Victor Vincent Walter Werner Wilhelm "
    "William Wolfgang Howard Hans Kitty Elliot Mamie Sumner Rosalie Carol Diana Sara Sally Jennifer Jessica "
    "Ashley Amanda Jenny Sam Tom Tim Bob Mike Joe Kim Maya Luis Alex Virginia Candace Rose Brian Kevin Laura Lisa "
    "Nancy Megan Rachel Rebecca Sharon Tina Tyler Zoe Aisha Amy Ben Carlos Chris Dan Elena Jamal Jose Josh Juan "
    "Kate Katie Lucy Marcus Matt Nick Olivia Pat Rob Ron Steve Sue Ted Tony Will Yan Roy Ray Sandy Charlie "
    "Aristotle Plato Socrates Hippocrates Galen"
)
