"""The words that pages put round an article: forms, teasers, share bars, credits, bylines.

Patterns are matched against folded text (small letters, no accents, every quotation mark "'",
every dash "-"), so they are written that way. Languages: English, German, French, Spanish,
Italian, Portuguese, Dutch, Arabic, and the commonest forms of Russian, Polish, Swedish, Turkish,
Persian and Hebrew. An anchored pattern is meant for a whole short block, never for a paragraph.
"""

import re

from annotations.domain.text import fold


def _pattern(expression: str) -> re.Pattern[str]:
    """Compile ``expression`` with its letters folded as the text will be that it is held to."""
    return re.compile(
        "".join(
            fold(char).text if char.isalpha() and char > "\x7f" else char for char in expression
        )
    )


def _any(*alternatives: str) -> re.Pattern[str]:
    return _pattern("|".join(f"(?:{one})" for one in alternatives))


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _folded(words: str) -> str:
    return "|".join(re.escape(fold(word.strip()).text) for word in words.split(","))


#: A block that begins a readers' discussion; nothing behind it is the article.
COMMENTS = _any(
    r"^(?:leave|post|add|write) (?:a |your )?(?:reply|comment|response)s?\b",
    r"^(?:\d[\d.,]* )?(?:reader |user )?(?:comments?|replies|responses|thoughts on)\b[^.!?]{0,60}$",
    r"^join the (?:conversation|discussion|debate)$",
    r"^(?:what do you think|have your say|your comment)\??$",
    r"^(?:schreib|hinterlass|verfass)\w* (?:einen |ihren |deinen )?kommentar",
    r"^(?:\d[\d.,]* )?(?:leser)?kommentare?\b[^.!?]{0,40}$|^diskutieren sie mit|^antwort schreiben",
    r"^(?:laisser|laissez|poster|ajouter|ecrire) (?:un |votre )?commentaire",
    r"^(?:\d[\d.,]* )?(?:commentaires?|reactions?)(?: \(?\d+\)?)?$",
    r"^(?:deja|dejar|escribe|anade) (?:un |una |tu )?(?:comentario|respuesta)",
    r"^(?:\d[\d.,]* )?comentarios?(?: \(?\d+\)?)?$",
    r"^(?:lascia|scrivi|aggiungi) (?:un )?(?:commento|risposta)|^(?:\d+ )?commenti(?: \(?\d+\)?)?$",
    r"^(?:deixe|escreva|adicione) (?:um |o seu |seu )?(?:comentario|resposta)",
    r"^(?:plaats|laat|geef|schrijf) (?:een |je |uw )?(?:reactie|antwoord)|^(?:\d+ )?reacties?"
    r"(?: \(?\d+\)?)?$",
    _folded("اترك تعليقا,اترك تعليقاً,أضف تعليقا,أضف تعليق,اترك رد,اترك رداً"),
    r"^(?:التعليقات|تعليقات)",
    r"^(?:оставить|добавить|написать) комментарий|^комментарии\b|^dodaj komentarz|^komentarze\b",
    r"^(?:lamna|skriv) (?:en )?kommentar|^yorum yap|^yorumlar\b|^השאר תגובה|^תגובות",
)

#: A heading over links to other articles.
RELATED = _any(
    r"^(?:more|most|further|also|up next|keep|continue)?\s*"
    r"(?:related|recommended|popular|trending|most read|read next|up next|read more|read also"
    r"|you (?:may|might) (?:also )?like|editors'? picks?|latest|top stories|next article|suggested)"
    r"(?: (?:articles?|stories|posts?|news|reading|content|topics?|now|today|on this|for you|in \w+"
    r"|from \w+(?: \w+){0,3}))?:?$",
    r"^(?:read )?more (?:from|in|on|about|by|stories|articles)\b[^.!?]{0,50}$|^also (?:in|on|by)\b"
    r"[^.!?]{0,40}$",
    r"^(?:otras|ultimas|mas) noticias$|^(?:altre|ultime) notizie$|^(?:outras|ultimas) noticias$"
    r"|^(?:d')?autres articles$|^ander nieuws$",
    r"^(?:mehr|weitere[sr]?|andere) (?:zum thema|aus|von|uber|artikel|beitrage|meldungen|nachrichten"
    r"|themen)\b[^.!?]{0,50}$|^mehr:?$",
    r"^(?:meistgelesen|lesen sie auch|auch interessant|das konnte sie auch|zum weiterlesen"
    r"|empfohlen\w*|verwandte|ahnliche|aktuelle artikel|passend dazu)\b[^.!?]{0,50}$",
    r"^(?:a lire aussi|lire aussi|a lire|a decouvrir|sur le meme (?:sujet|theme)|les plus lus"
    r"|nos (?:derniers )?articles|plus d'articles|articles? (?:lies|similaires|recents|associes)"
    r"|dans la meme rubrique|voir aussi|notre selection|vous aimerez)\b[^.!?]{0,50}$",
    r"^(?:mas (?:noticias|articulos|en|sobre|de|informacion)|te puede interesar|lee tambien"
    r"|lea tambien|le puede interesar|noticias relacionadas|articulos relacionados|lo mas (?:leido"
    r"|visto)|relacionad[oa]s?|tambien te|ver tambien)\b[^.!?]{0,50}$",
    r"^(?:leggi anche|articoli correlati|potrebbe interessarti|i piu letti|altri articoli|vedi anche"
    r"|altro da|da leggere|correlati|ti potrebbe)\b[^.!?]{0,50}$",
    r"^(?:leia (?:tambem|mais)|veja tambem|mais lidas|mais (?:de|em|sobre|noticias)|materias"
    r" relacionadas|artigos relacionados|noticias relacionadas)\b[^.!?]{0,50}$",
    r"^(?:lees (?:ook|verder|meer)|meer (?:van|over|uit|artikelen|nieuws)|gerelateerd\w*|meest"
    r" gelezen|aanbevolen|ook interessant|verder lezen)\b[^.!?]{0,50}$",
    r"^(?:"
    + _folded(
        "اقرأ أيضا,اقرأ أيضاً,إقرأ أيضا,المزيد من,المزيد,مواضيع ذات صلة,مقالات ذات صلة,"
        "أخبار ذات صلة,ذات صلة,الأكثر قراءة,قد يعجبك,موضوعات متعلقة"
    )
    + r")(?:\s[^.!?؟]{0,50})?:?$",
    r"^(?:читайте также|по теме|похожие|czytaj tez|czytaj takze|zobacz tez|las ocksa|mer fran"
    r"|ilgili haberler|קראו גם|עוד ב|مطالب مرتبط)[^.!?]{0,50}$",
)

#: A link to another article in one line: the words that lead to it, a colon, its title.
RELATED_LINE = _any(
    r"^(?:read (?:more|also|next)|see also|also read|related|don't miss|listen|watch)\s?[:|] ?\S",
    r"^(?:lesen sie (?:auch|mehr)|mehr zum thema|siehe auch|lies auch|auch interessant)\s?[:|] ?\S",
    r"^(?:a lire(?: aussi)?|lire aussi|lire (?:egalement|notre \w+)|voir aussi)\s?[:|] ?\S",
    r"^(?:le puede interesar|te puede interesar|lea tambien|lee tambien|ver tambien|relacionado)"
    r"\s?[:|] ?\S",
    r"^(?:leggi anche|vedi anche|potrebbe interessarti|per approfondire)\s?[:|] ?\S",
    r"^(?:leia (?:tambem|mais)|veja tambem|ler mais|ver tambem)\s?[:|] ?\S",
    r"^(?:lees ook|lees verder|lees meer|zie ook)\s?[:|] ?\S",
    r"^(?:اقرأ أيضا|إقرأ أيضا|اقرأ المزيد|شاهد أيضا|طالع أيضا)\s?[:|] ?\S",
    r"^(?:читайте также|czytaj tez|czytaj takze|las ocksa|קראו גם)\s?[:|] ?\S",
)
_BETWEEN = r"\s[>»›|/·•]\s"
#: A line of links in a row: a breadcrumb, a menu.
TRAIL = _any(
    # No link begins before the separator in front of it has ended, so a line has one reading:
    # with a choice at each separator, forty of them took hours.
    rf"^(?:(?!{_BETWEEN})[^.!?]){{1,40}}(?:{_BETWEEN}(?:(?!{_BETWEEN})[^.!?|>»]){{1,80}}){{2,}}$",
    r"^(?:you are here|sie sind hier|vous etes ici|(?:usted )?esta aqui|ti trovi (?:in|qui)|voce esta"
    r"|u bent hier|انت هنا|вы здесь)\b",
    r"^(?:https?://|www\.)\S+$",
)
#: Every word of a share bar is one of these.
SHARE_WORDS = frozenset(
    fold(
        "share post email e-mail mail print save tweet copy link facebook twitter linkedin whatsapp"
        " reddit telegram instagram pinterest bluesky mastodon flipboard pocket bookmark comment"
        " comments gift listen send friend article this story on via by to a the x to teilen drucken"
        " versenden merken speichern artikel auf per als an einen freund weiterleiten partager"
        " imprimer envoyer sauvegarder article sur par un à un ami compartir imprimir enviar"
        " guardar en por correo amigo a condividi condividere stampa invia salva su con compartilhar"
        " compartilhe partilhar partilhe guardar no na em delen printen bewaren deel dit op artikel"
        " mailen شارك مشاركة غرد غرّد أرسل ارسل بالبريد طباعة اطبع احفظ حفظ على فيسبوك تويتر واتساب"
    ).text.split()
)
#: At least one of them is one of these, which are no common words of a text.
SHARES = frozenset(
    fold(
        "share tweet print email e-mail facebook twitter linkedin whatsapp teilen drucken versenden"
        " merken partager imprimer compartir imprimir condividi stampa partilhar compartilhar delen"
        " printen شارك مشاركة طباعة غرد أرسل enviar save"
    ).text.split()
)

#: Lines of a form, a subscription, a share bar, a consent banner, a login.
FORM = _any(
    # the comment form
    r"e-?mail address.{0,24}publish|required fields|^(?:name|email|e-mail|website|comment|subject)"
    r"(?: address)?(?: \(?(?:required|optional)\)?)? ?\*?:?$|^save my name|^notify me of"
    r"|logged in as|commenting as|comment (?:guidelines|policy)|comments are (?:closed|moderated|open)"
    r"|^(?:post|submit)(?: (?:a )?comment| reply)?$|^not your account|^cancel reply|^reply$"
    r"|^(?:log|sign) (?:in|out|up)(?: to| or|$)|^you must be logged",
    r"e-?mail-?adresse.{0,30}veroffentlich|^erforderliche felder|pflichtfelder|angemeldet als"
    r"|^kommentar (?:abschicken|absenden)|^(?:abschicken|absenden|anmelden|abmelden|einloggen)$"
    r"|^(?:name|e-mail|webseite|website) ?\*$",
    r"adresse (?:e-?mail|de messagerie|courriel|electronique).{0,30}publi|champs? obligatoires?"
    r"|connecte en tant|^(?:nom|e-?mail|courriel|site web|commentaire) ?\*?$"
    r"|^(?:envoyer|se connecter|s'inscrire|connexion)$|^connectez-vous",
    r"(?:correo|direccion).{0,30}publicad|campos? obligatorios?|conectado como|^iniciar sesion"
    r"|^(?:nombre|correo(?: electronico)?|sitio web|comentario) ?\*?$|^publicar (?:el )?comentario$",
    r"(?:indirizzo|email).{0,30}pubblicat|campi (?:sono )?(?:obbligatori|contrassegnati)"
    r"|connesso come|^(?:nome|sito web|commento) ?\*?$|^(?:invia|accedi|registrati)(?: commento)?$",
    r"(?:endereco|e-?mail).{0,30}publicado|campos (?:sao )?obrigatorios|conectado como"
    r"|^(?:nome|site|comentario) ?\*$|^publicar comentario$|^(?:entrar|cadastre-se)$",
    r"e-?mail-?adres.{0,30}gepubliceerd|vereiste velden|verplichte velden|ingelogd als"
    r"|^(?:naam|e-mail|site|reactie) ?\*$|^(?:inloggen|aanmelden|reactie plaatsen)$",
    r"(?:بريدك|البريد)\s+(?:الالكتروني|الإلكتروني)|عنوان بريدك|الحقول الالزامية|الحقول (?:الإلزامية|"
    r"المطلوبة)|^(?:الاسم|البريد|الموقع|التعليق)\s*\*?$|^تسجيل الدخول$|^ارسال(?: التعليق)?$",
    r"обязательные поля|адрес email не|adres e-?mail nie|pola sa oznaczone|e-?postadress.{0,20}public"
    r"|obligatoriska falt|e-?posta.{0,20}yayinlan|gerekli alanlar|האימייל לא",
    r"\b(?:have your say|tell us|let us know|join in)\b.{0,40}\b(?:comments?|below)\b",
    # subscriptions
    r"\bno spam\b|^subscribe to .{0,80}\b(?:month|year|week|now)\b",
    r"^(?:assinar|assine|abo|abonnement|e-paper|epaper|iniciar sessao|s'abonner|abbonati|word abonnee)$",
    r"\b(?:sign up|subscribe|get|receive|delivered|join)\b.{0,60}\b(?:newsletters?|inbox|briefing"
    r"|mailing list|e-?mail updates)\b|\b(?:newsletter|inbox)\b.{0,40}\b(?:sign up|subscribe)\b"
    r"|^(?:subscribe|sign up|register|donate|become a (?:member|subscriber)|support us)(?: (?:now"
    r"|today|here|for free|to .{0,60}))?[.!]?$|already a (?:subscriber|member)|^subscribe (?:now|today)"
    r"|^your (?:donation|support|contribution) (?:makes|helps|keeps)|subscriber.only|start your (?:free"
    r" )?trial|benefit of .{0,40}subscri|when you subscribe|^support (?:our|independent) "
    r"|privacy policy|terms of (?:use|service)|^unsubscribe|^enter your e-?mail",
    r"newsletter.{0,50}(?:abonnieren|anmelden|bestellen|postfach)|(?:abonnieren|bestellen|melden)"
    r" sie.{0,60}newsletter|^(?:jetzt )?(?:abonnieren|abonnent werden|spenden|testen)[.!]?$"
    r"|bereits abonnent|schon abonnent|unterstutzen sie (?:uns|unsere)|datenschutz(?:erklarung"
    r"|hinweis)|^impressum$|\bagb\b",
    r"(?:abonnez|inscrivez)-vous|s'abonner|deja abonne|(?:recevez|recevoir).{0,60}(?:newsletter|lettre"
    r"|e-?mail|boite)|^(?:faire un don|soutenez)|reserve aux abonnes|mentions legales|politique de"
    r" confidentialite",
    r"suscrib(?:ete|ase|irse)|ya (?:eres|es) suscriptor|(?:recibe|recibir|reciba).{0,60}(?:boletin"
    r"|newsletter|correo)|^apuntate|aviso legal|politica de privacidad|hazte socio|inicia sesion",
    r"iscriviti|abbonati\b|sei gia abbonato|(?:ricevi|ricevere).{0,60}(?:newsletter|mail)|informativa"
    r" (?:sulla )?privacy|^sostieni(?:ci)?\b",
    r"(?:assine|inscreva-se|cadastre-se|receba).{0,60}(?:newsletter|boletim|e-?mail|agora)"
    r"|ja e assinante|subscreva|politica de privacidade",
    r"(?:schrijf je in|abonneer|meld je aan|aanmelden|ontvang).{0,60}(?:nieuwsbrief|inbox|mail)"
    r"|al abonnee|word (?:lid|abonnee)|privacy(?:beleid|verklaring)|^steun ons",
    r"(?:اشترك|سجل|اشتركوا).{0,60}(?:نشر|البريد|القائم|الان|الآن)|النشره البريديه|النشرة البريدية"
    r"|سياسه الخصوصيه|سياسة الخصوصية|^اشترك",
    r"подпи(?:шитесь|саться)|zapisz sie|newsletter$|prenumerera|abone ol",
    # share bars, tags, reading time
    r"^(?:share|tweet|e-?mail|print|copy link|facebook|twitter|x|linkedin|whatsapp|reddit|telegram"
    r"|instagram|youtube|bluesky|mastodon|pinterest|pocket|save|listen|bookmark|follow(?: us)?"
    r"|share (?:this|on|via|article)\b.{0,40}|gift (?:this )?article|advertisement|ad|sponsored"
    r"|teilen|drucken|merken|anzeige|werbung|vorlesen|folgen sie uns.{0,40}|auf \w+ teilen"
    r"|partager.{0,30}|imprimer|ecouter|publicite|compartir.{0,30}|imprimir|publicidad|escuchar"
    r"|condividi.{0,30}|stampa|pubblicita|ascolta|compartilhe?.{0,30}|compartilhar.{0,30}"
    r"|publicidade|partilhar.{0,30}|delen|deel (?:dit|op|via|artikel).{0,30}|printen|advertentie"
    r"|luister.{0,20}|شارك.{0,30}|مشاركة.{0,30}|طباعة|اعلان|إعلان|поделиться.{0,20}|udostepnij"
    r"|dela|paylas|שתף|שתפו)$",
    r"^(?:(?:facebook|twitter|x|linkedin|whatsapp|reddit|telegram|e-?mail|print|share|copy|link|mail"
    r"|teilen|partager|compartir|condividi|delen|pinterest|instagram|bluesky|mastodon|tweet)"
    r"[\s,|/·•:-]*){2,}$",
    r"^(?:tags?|topics?|filed under|keywords?|categor(?:y|ies)|schlagworte?|stichworte?|themen"
    r"|mots[ -]cles|etiquetas|temas|palabras clave|argomenti|categorie|trefwoorden|onderwerpen"
    r"|الوسوم|وسوم|كلمات مفتاحية|الكلمات المفتاحية|теги)\s?[:|]",
    r"^(?:ca\.? |about )?\d{1,3}[ -]?(?:min(?:ute)?s?\.?|minuten?|minutos?|minuti|minuut|دقائق|دقيقة)"
    r"(?: (?:read|reading time|listen|lesezeit|lektur|de lecture|de lectura|di lettura|de leitura"
    r"|leestijd|قراءة))?$|^(?:reading time|lesezeit|temps de lecture|tiempo de lectura|tempo di"
    r" lettura|tempo de leitura|leestijd|وقت القراءة)\b.{0,20}$",
    r"^(?:articles?|posts?|stories|beitrage|artikel|articoli|articulos|artigos|entradas|artikelen"
    r"|مقالات|المقالات|عدد المقالات)\s?[:(]\s?[\d.,]+\)?$|^[\d.,]+ (?:articles?|posts?|stories"
    r"|beitrage|artikel|articoli|articulos|artigos|artikelen|followers?)$",
    # consent and the foot of the page
    r"\b(?:we|this (?:site|website)|our (?:partners|site)) .{0,40}\bcookies\b|^(?:accept|reject|manage)"
    r"(?: all)?(?: cookies| preferences| settings)?$|\bcookies?\b.{0,60}(?:zustimm|akzeptier|einwillig"
    r"|accept|consent|aceptar|accett|aceit|accepteren|toestemming|policy|settings|einstellungen)"
    r"|(?:zustimm|akzeptier|einwillig|acceptez|aceptar|accettare|aceitar|accepteren|utilis|verwende"
    r"|utiliza|utilizza|gebruik\w*|usa).{0,40}\bcookies\b|ملفات تعريف الارتباط",
    r"^(?:©|\(c\)|copyright)|all rights reserved|alle rechte vorbehalten|tous droits reserves|todos"
    r" los derechos|tutti i diritti|todos os direitos|alle rechten voorbehouden|جميع الحقوق محفوظة",
    r"^(?:back to top|skip to|menu|search|home|close|next|previous|previous (?:article|post).{0,80}"
    r"|next (?:article|post).{0,80}|contact(?: us)?|about(?: us)?|load more|show more|see all|view all"
    r"|nach oben|startseite|suche|zuruck|weiter|accueil|rechercher|retour|inicio|buscar|volver|cerca"
    r"|indietro|inicio|busca|voltar|zoeken|terug|الرئيسية|بحث|القائمة)$",
    r"^(?:skip|jump) to (?:main )?content|^zum inhalt springen|^aller au contenu|^saltar al|^vai al"
    r" contenuto|^naar (?:de )?inhoud",
)

#: A whole line that says who wrote.
BYLINE = _any(
    r"^(?:by|(?:written|words|text|story|reported|posted|submitted|opinion|analysis) by)\b"
    r"(?! the way)",
    r"^(?:von|text:|autor(?:in)?:|ein (?:kommentar|gastbeitrag|essay|bericht) von)\b",
    r"^(?:par|propos recueillis par|auteur ?:|texte ?:)(?:\s|$)",
    r"^(?:por|texto de|texto:|redaccion)(?:\s|:|$)",
    r"^(?:di|a cura di|articolo di|scritto da|testo di)\s",
    r"^(?:door|auteur:|tekst:|geschreven door)(?:\s|$)",
    r"^(?:بقلم|كتب|كتبت|كتبه|اعداد|إعداد|تقرير|تحرير)(?:\s|:)",
    r"^(?:автор|текст|autor|av|af|przez|yazan|מאת|نویسنده)\s?:?\s",
)
#: Words that begin sentences too, so that a name has to follow.
BYLINE_NEEDS_NAME = _pattern(r"^(?:by|von|par|por|di|door|av|af|przez)\b")

#: A whole line that says when.
DATELINE = _any(
    r"^(?:(?:first )?(?:published|updated|posted|last (?:updated|modified))|veroffentlicht|aktualisiert"
    r"|stand:|erstellt|publie|mis a jour|modifie|publicado|actualizado|pubblicato|aggiornato|atualizado"
    r"|gepubliceerd|bijgewerkt|geplaatst|نشر|آخر تحديث|اخر تحديث|تاريخ النشر|опубликовано)\b.{0,60}\d",
    r"^(?:(?:mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun)(?:day)?,? )?(?:\d{1,2}(?:st|nd|rd|th)? )?"
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? (?:\d{1,2}(?:st|nd|rd|th)?,? )?\d{4}"
    r"(?:\W{1,4}\d{1,2}[:.]\d\d.{0,20})?$",
    r"^(?:[^\W\d]{2,12}[.,]? ?(?:den |le |el )?)?\d{1,2}(?:\.|er|o)? (?:de )?[^\W\d]{3,12}\.?,? (?:de )?\d{4}"
    r"(?:\W{1,4}(?:um |as |a |alle |om )?\d{1,2}[:.h]\d\d.{0,20})?$",
    r"^[^\W\d]{3,12}\.? (?:de )?(?:19|20)\d\d$|^[^\W\d]+(?: [^\W\d]+){0,2}, \d{1,2}\.? [^\W\d]{3,12} \d{4}$",
    r"^\d{4}-\d\d-\d\d(?:[t ].{0,20})?$|^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}(?:\W{1,4}\d{1,2}[:.]\d\d.{0,12})?$",
)

_AGENCIES = (
    r"afp|reuters|associated press|ap(?: photo)?|getty(?: images)?|epa(?:-efe)?|efe|ansa|dpa|apa"
    r"|picture alliance|imago|shutterstock|keystone|belga|anp|lusa|tass|xinhua|bloomberg|magnum"
    r"|wikimedia(?: commons)?|flickr|unsplash|istock|alamy|pixabay|anadolu|zuma ?press|sipa(?: usa)?"
    r"|redux|polaris|nurphoto|handout|courtesy|creative commons|public domain|cc[ -]by\S*"
)
_CREDIT_WORDS = (
    r"photo(?:graph)?s?|photo credit|photography|image|picture|credit|illustration|graphic|video|foto"
    r"|fotos|bild|bilder|grafik|quelle|photographie|credits? photo|image|imagen|fotografia|foto di"
    r"|immagine|fotografie|beeld|imagem|صورة|الصورة|تصوير|фото|zdjecie|foto av"
)
#: A block that is a credit and nothing else.
CREDIT = _any(
    rf"^\(?(?:{_CREDIT_WORDS})(?: (?:by|von|par|por|di|de|door|credit))?\s?[:/©|]\s?[^.!?]{{2,90}}\)?\.?$",
    rf"^\(?(?:{_CREDIT_WORDS}) (?:by|courtesy of) [^.!?]{{2,80}}\)?$",
    rf"^\(?[^.!?:]{{0,60}}(?:/|\||via|for|fur|pour|-)\s?(?:{_AGENCIES})\b[^.!?]{{0,30}}\)?$",
    rf"^\(?(?:©|\(c\))?\s?(?:{_AGENCIES})(?:\b[^.!?]{{0,30}})?\)?$",
    r"^©\s?[^.!?]{2,60}$",
    r"^(?:foto(?:grafi[ae])?s?|photo(?:graph)?|image|imagen|imagem|immagine|bild|beeld) (?:de|di|by|von|par|por"
    r"|door|d') ?[^.!?,:]{4,50}$",
)
#: The end of a caption: behind a full stop, a bracket or a dash, a credit without a full stop.
CREDIT_TAIL = _any(
    rf"(?:[.!?]['\")]*\s+|[(\[|/-]\s?|©\s?)(?:(?:{_CREDIT_WORDS})\s?[:/]?\s?)?[^.!?]{{0,40}}"
    rf"\b(?:{_AGENCIES})\b[^.!?]{{0,30}}[)\]]?$",
    rf"[(\[.!?|]\s?(?:{_CREDIT_WORDS})\s?(?::|by\b|©)\s?[^.!?]{{2,50}}[)\]]?\.?$",
    r"(?:©|\(c\))\s?[^.!?]{2,50}[)\]]?$",
)
#: How a caption begins that names the picture.
PICTURE = _any(
    r"^(?:an? |the |this |file )?(?:video |film |photo |satellite |aerial )?(?:stills?|photo(?:graph)?s?"
    r"|pictures?|images?|screenshots?|screen ?grabs?|views?|portraits?|maps?|charts?|illustrations?"
    r"|renderings?|handout)\b(?: \w+){0,2}? (?:of|from|shows?|showing|taken|provided|released)\b",
    r"^(?:ein|eine|das|die|der)? ?(?:foto|bild|aufnahme|luftbild|archivbild|symbolbild|karte|blick)\b",
    r"^(?:une? |la |cette )?(?:photo|image|vue|capture|carte)\b",
    r"^(?:una? |la |esta )?(?:foto|fotografia|imagen|vista|captura|mapa)\b",
    r"^(?:een |de |het )?(?:foto|beeld|luchtfoto|kaart)\b",
    r"^(?:صورة|صوره|مشهد|لقطة|خريطة)\b",
)
PICTURED = _pattern(
    r"\b(?:is|are) (?:seen|pictured|shown|depicted)\b|\((?:left|right|center|centre|second from|from left"
    r"|pictured|file|links|rechts|mitte|a gauche|a droite|izquierda|derecha|sinistra|destra)\b"
    r"|\b(?:im bild|zu sehen|auf dem bild|en la imagen|en la foto|nella foto|sur la photo|na foto"
    r"|op de foto|archivbild|archivfoto|symbolbild|file photo|في الصورة|ارشيفية|أرشيفية)\b"
)
ENDS_WITH_DATE = _pattern(r"\b(?:1[89]|20)\d\d[.)]{0,2}$")

_POSTS = (
    r"fellow|professor|lecturer|director|editor|reporter|correspondent|journalist|author|writer"
    r"|researcher|analyst|founder|columnist|historian|economist|scholar|student|photographer|novelist"
    r"|contributor|contributing|host|strategist|consultant|attorney|lawyer|critic|poet|associate|chair"
    r"|philosopher|scientist|sociologist|expert|adviser|advisor|essayist|translator|physician"
)
#: A name, then what it is: how an author's bio begins.
BIO = _any(
    rf"^\S+(?: \S+){{1,5}},? (?:is|was|are|works as|serves as) (?:an? |the |one of )?[^.!?]{{0,80}}?"
    rf"\b(?:{_POSTS})s?\b",
    r"^\S+(?: \S+){1,5},? (?:teaches|writes|covers|reports|lives|edits)\b[^.!?]{0,90}",
    r"^\S+(?: \S+){1,5},? (?:ist|arbeitet|lehrt|war|schreibt|leitet|forscht)\b[^!?]{0,90}"
    r"(?:professor|redakteur|journalist|autor|schriftsteller|korrespondent|forscher|wissenschaftl"
    r"|dozent|direktor|leiter|historiker|okonom|publizist|kolumnist|universitat|institut|reporter"
    r"|zeitung|schreibt)",
    r"^\S+(?: \S+){1,5},? (?:est|enseigne|travaille|ecrit|dirige)\b[^!?]{0,90}(?:professeur|journaliste"
    r"|auteur|autrice|chercheu|ecrivain|redact|correspondant|directeur|directrice|historien|economiste"
    r"|sociologue|essayiste|maitre de conferences|universite|institut|philosophe|politologue)",
    r"^\S+(?: \S+){1,5},? (?:es|trabaja|ensena|escribe|dirige)\b[^!?]{0,90}(?:profesor|periodista|autor"
    r"|escritor|investigador|corresponsal|director|historiador|economista|analista|editor"
    r"|universidad|instituto|redactor|columnista|politolog)",
    r"^\S+(?: \S+){1,5},? (?:e|insegna|lavora|scrive|dirige)\b[^!?]{0,90}(?:professor|giornalista|autor"
    r"|scrittor|ricercator|direttor|storic|economista|corrispondente|editorialista|universita|docente)",
    r"^\S+(?: \S+){1,5},? (?:e|trabalha|escreve|leciona)\b[^!?]{0,90}(?:professor|jornalista|autor"
    r"|escritor|pesquisador|investigador|diretor|historiador|economista|colunista|universidade)",
    r"^\S+(?: \S+){1,5},? (?:is|was|werkt|schrijft|doceert)\b[^!?]{0,90}(?:hoogleraar|journalist|auteur"
    r"|schrijver|schrijfster|onderzoek|redacteur|correspondent|directeur|historicus|econoom|universiteit"
    r"|columnist|docent)",
    r"^\S+(?: \S+){1,5}\s?[،,:-]?\s(?:هو |هي )?(?:كاتب|كاتبة|صحفي|صحفية|صحافي|صحافية|باحث|باحثة|استاذ"
    r"|أستاذ|أستاذة|محرر|محررة|مراسل|مراسلة|محلل|مدير|اكاديمي|أكاديمي)",
)
BIO_MORE = _pattern(
    r"\btwitter\b|@\w{3,}|\b(?:author|editor) of\b|\b(?:his|her|their) (?:latest|new|most recent|first|books?"
    r"|work|writing|research)\b|\b(?:based|lives) in\b|\b(?:formerly|previously)\b|\b(?:at|of) the\b"
    r"|\buniversi[td]|\binstitut|\bzuletzt\b|\bdernier\b|\bultimo\b|\bcollege\b|\bblog\b"
)
ABOUT_AUTHOR = _pattern(
    r"^(?:about the (?:authors?|writers?|contributors?)|(?:author|contributor)s?(?: bio| profile)?|uber"
    r" (?:den autor|die autorin|die autoren)|zur person|(?:a propos de|sur) l'auteur(?:e|rice)?|l'auteure?"
    r"|(?:sobre|acerca de)(?: el| la| o| a)? aut[oh]r\w*|l'autor[ei]|sull'autor\w+|chi e l'autor\w+"
    r"|over de (?:auteurs?|schrijver|schrijfster)|عن الكاتب(?:ة)?|نبذة عن الكاتب(?:ة)?|об авторе"
    r"|o autorze|om forfattaren):?$"
)
ABOUT_SITE = _pattern(
    r"^(?:about (?!the author|the writer)(?:us|this (?:site|blog|page)|[^.!?]{2,40})|uber uns|wer wir sind"
    r"|qui sommes-nous ?\??|a propos(?: de nous)?|quienes somos|sobre nosotros|sobre nos|quem somos"
    r"|chi siamo|over ons|wie zijn wij|من نحن|عن الموقع|о нас|o nas|om oss):?$"
)
SITE_IS = _pattern(
    r"\b(?:is|ist|est|es|e|is)\b (?:an? |the |ein[e]? |une? |un[ao]? |uma? |een )?[^.]{0,60}\b(?:magazine"
    r"|newspaper|news (?:site|organi[sz]ation|outlet)|website|blog|platform|publication|nonprofit"
    r"|non-profit|newsroom|magazin|zeitung|zeitschrift|plattform|nachrichtenportal|site|journal|media"
    r"|revue|revista|diario|portal|sitio|medio|testata|rivista|giornale|jornal|tijdschrift|nieuwssite"
    r"|krant)\b"
)
FIRST_PERSON = _pattern(
    r"^(?:i|i'm|i've|we|we're|my|our|ich|wir|mein|unser\w*|je|j'\w+|nous|notre|nos|mon|yo|soy|somos"
    r"|nosotros|mi|nuestr\w+|io|sono|noi|il mio|la nostra|eu|sou|meu|nossa?|ik|wij|mijn|ons|onze"
    r"|انا|أنا|نحن|я|мы)\b|(?<=[.!?] )(?:i|we|ich|wir|je|nous)\b"
)

#: Words in an element's class, id or attributes that say what its blocks are.
CLASS_WORDS = {
    "boilerplate": _set(
        "share sharing shares social related recirc recirculation recommended recommendations"
        " promo newsletter signup subscribe subscription paywall comments comment respond disqus"
        " cookie cookies consent gdpr nav navigation navbar menu breadcrumb breadcrumbs tags taglist"
        " footer toolbar advert advertisement ads sponsored outbrain taboola donate donation"
        " readnext popular trending mostread sidebar widget widgets login banner pagination"
        " commentlist teaserlist teasers"
    ),
    "byline": _set(
        "byline byl author authors autor autorin auteur autore firma dateline published date datum"
    ),
    "author_bio": _set("bio biography authorbio aboutauthor"),
    "caption": _set("caption captiontext bildunterschrift legende pie didascalia bu"),
    "credit": _set("credit credits imagecredit photocredit"),
    "pull_quote": _set("pullquote pullquotes zitat exergue destacado citation occhiello"),
    "standfirst": _set(
        "standfirst dek deck vorspann subtitle subheadline subhead chapo sottotitolo untertitel intro"
        " subheading entradilla bajada"
    ),
    "section": _set("kicker eyebrow rubric rubrik dachzeile category overline"),
    "headline": _set("headline"),
}
