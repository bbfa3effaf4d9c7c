"""Words that stand in any dialog and so give nothing away, whatever private notes hold them too. Data.

A star: every word that begins so. What is missing here can only block a message too much, and what is here too much
can only let a single word through: runs of private words are found whatever they consist of.
"""

RUSSIAN = """
без более больше буд* был* вам вами вас ваш* ведь весь вечер* вместе вниман* во возможн* вопрос* вот врем* все всего
всегда всем всеми всех всю всё вся втор* вчера вы где говор* год года годы годов дава* далее далеко даже дата даты
дать два две день дня дни дней днем дела дело делать дел до добр* договори* договарива* долго долж* дом дома домой
друг* его едва ее ей ему есл* есть еще же жд* желани* желаю желает за завтра* зачем здесь здравств* знаю знает знать
знаете знаем из или им ими иногда их ищу ищет как* когда кого кому конечно конц* кото* кроме кто куда ладно лично луч*
лишь любой любое любую любая люди людям между меня мен* месяц* мест* минут* мне много мог* може* можн* мой мои моих
моим моя мы на над надо надеюсь назад назнач* наибол* наил* напис* напиш* например нас наш* не него нее ней нем нему
нет неделю недел* некотор* нельзя немного нибудь ниже никак* никогда никто ними них ничего но новый новая новое новые
норм* нужн* ну об оба обсуд* обычн* один одна одно около он она они оно опять особенно от ответ* отдельн* отлично
отправ* очень перв* перед передам передать передаст пиш* плат* заплат* плохо по повод* повтор* под подойд* подход*
подтверд* подумал* пожалуйста позже пока покаж* помощ* понял* понят* поняла после посл* пораньше потом потому почему
почти правда правильн* право предлага* предлож* прежде привет* при придёт прийти приду примерн* присла* пришл* про
проси* просто прошу против прям* пусть раз разн* рад рада раньше реш* сам сама само* свое* свои* свой свою своя связь
связат* свяж* себ* сегодня сейчас сказ* скаж* скольк* скоро слов* сможе* смож* снача* собой совсем согласи* соглас*
созвон* сообщ* сообщу спасибо спис* спрос* спрош* срок* сраз* среду сто стоит столько суббот* так* там тебе тебя тем
теперь течение тоже тогда только толк* том тому тот точн* три ту тут ты тысяч* увид* удобн* уже узна* утр* хорош*
хоте* хотя хоть хотит* хочет цена цены цену ценой час часа часов часы часам часто через четверг* четыр* чем что чтоб*
чуть эта эти этих это* эту этим этой воскресен* понедельник* вторник* пятниц* январ* феврал* март* апрел* мая май июн*
июл* август* сентябр* октябр* ноябр* декабр* москв* готов* встре* встреч* рабоч* работ* уточн* удастся получ*
получится интерес* подскаж* минимум максимум рубл* пять шесть семь восемь девять десять полчас* половин* документ*
договор* тема теме тему вариант* выбер* выбр* устроит устроил* устра* начал* начн* свобод* заня* ждем ждём ассистент*
помощник* секретар* программ* человек* людей имя звать зовут хорошего приятного удачи здоров* извин* прости* простит*
жаль переда* времен* стороны стоимост* оплат* нужен нужна сделать сделает может чего коротк* длин* сторон* вашу твой
твоя твою твое твои евро доллар* процент*
"""

ENGLISH = """
a about above after afternoon again agree* ago all already also although always am among an and another any anybody
anyone anything anyway are around as ask* assistant at available away back be because been before began begin being
below best better between both bring but by call calls can cannot carry case change come comes company could date day
days deal did different do does doing done down during each early earlier easy either else email end enough even
evening ever every everybody everyone everything far few find fine first follow for forget found free friday from full
further gave get getting give given glad go goes going good got great had half happen* happy hard has have having he
hear hello help her here hers high him his hold hope hour hours how however if important in including information
interest* into is it its itself just keep kind knew know known large last late later least leave leaves left less let
like likely limit little long look looking lot made make makes making many matter may maybe me mean meet meeting
meetings message might mind minute minutes moment monday month months more morning most much must my myself name near
need needed needs never new next nice night no nobody none nor not note nothing now number of off offer office often
oh ok okay old on once one only open or order other others our out over own part pass passed people per perhaps person
place please point possible price prices private proposal put question questions quick* quite rather read ready real
really reason regard* reply right said same saturday saw say says second see seem* seen send sent set several shall
she short should show side since small so some somebody someone something sometimes soon sorry speak start still stop
such suggest sunday sure take taken talk talking tell than thank thanks that the their them themselves then there
these they thing things think this those though three through thursday time times to today together told tomorrow too
took toward* try tuesday two under until up upon us use used very want wanted wants was way we wednesday week weekend
weeks well were what whatever when where whether which while who whole whom whose why will wish with within without
work works would write writing written wrong year years yes yesterday yet you your yours january february march april
june july august september october november december money dollar* discuss* review results result regarding request
appointment consult* visit clos* choose choice option options reach answer answers plan plans short* arrange* check
finalize provide attend* pick picking pound* euro* percent*
"""
