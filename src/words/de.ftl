### German.

## Problems: what a refused request is told.

problem-bad-host-title = Ungültiger Host
problem-bad-host-detail = Die Anfrage muss genau einen wohlgeformten Host nennen.
problem-bad-path-title = Mehrdeutiger Pfad
problem-bad-path-detail = Der Pfad lässt sich auf mehr als eine Weise lesen. Senden Sie ihn in seiner einfachen Form.
problem-bad-fields-title = Mehrdeutige Kopffelder
problem-bad-fields-detail = Die Kopffelder widersprechen sich oder wiederholen, was nur einmal stehen darf.
problem-too-many-fields-title = Zu viele Kopffelder
problem-too-many-fields-detail = Die Anfrage hat mehr Kopffelder, als hier angenommen werden.
problem-bad-expectation-title = Erwartung nicht erfüllbar
problem-bad-expectation-detail = Hier kann nur 100-continue erwartet werden.
problem-bad-upgrade-title = Upgrade abgelehnt
problem-bad-upgrade-detail = Ein WebSocket wird mit einer GET-Anfrage ohne Inhalt verlangt, auf einer Route, die WebSockets annimmt.
problem-method-not-passed-title = Methode wird nicht weitergegeben
problem-method-not-passed-detail = Diese Methode wird nie weitergegeben.
problem-method-not-allowed-title = Methode nicht erlaubt
problem-method-not-allowed-detail = Diese Adresse nimmt andere Methoden an.
problem-misdirected-title = Falscher Host
problem-misdirected-detail = Dieser Host wird auf dieser Verbindung nicht bedient. Verbinden Sie sich unter seinem eigenen Namen.
problem-not-found-title = Hier ist nichts
problem-not-found-detail = Unter dieser Adresse gibt es nichts.
problem-several-credentials-title = Mehr als ein Berechtigungsnachweis
problem-several-credentials-detail = Senden Sie nur einen Nachweis: einen Schlüssel oder ein Sitzungs-Cookie, einmal.
problem-connection-bound-title = Verbindungsgebundene Anmeldung
problem-connection-bound-detail = NTLM und Negotiate können dieses Gateway nicht passieren. Verwenden Sie ein anderes Verfahren.
problem-bad-key-title = Schlüssel nicht angenommen
problem-bad-key-detail = Der Schlüssel wird nicht angenommen. Bei Basic ist der Benutzername __key__ und das Passwort der Schlüssel.
problem-nobody-title = Anmeldung nötig
problem-nobody-detail = Melden Sie sich an oder senden Sie einen API-Schlüssel.
problem-clear-text-title = Schlüssel im Klartext
problem-clear-text-detail = Schlüssel werden nur über TLS angenommen. Betrachten Sie diesen als bekannt geworden und erzeugen Sie einen neuen.
problem-too-many-failures-title = Zu viele Fehlversuche
problem-too-many-failures-detail = Zu viele Versuche sind fehlgeschlagen. Warten Sie und versuchen Sie es dann erneut.
problem-method-not-accepted-title = Anderer Nachweis nötig
problem-method-not-accepted-detail = Diese Adresse nimmt diese Art von Nachweis nicht an.
problem-other-platform-title = Schlüssel für eine andere Plattform
problem-other-platform-detail = Dieser Schlüssel wurde für eine andere Plattform erzeugt. Verwenden Sie einen für diese.
problem-no-credentials-title = Kein Zugang
problem-no-credentials-detail = Sie haben keine Berechtigung für diese Plattform. Wenden Sie sich an eine Verwalterin oder einen Verwalter Ihrer Organisation.
problem-credentials-not-held-title = Berechtigung nicht enthalten
problem-credentials-not-held-detail = Der Schlüssel trägt die verlangte Berechtigung nicht.
problem-role-too-low-title = Rolle zu niedrig
problem-role-too-low-detail = Diese Adresse verlangt eine höhere Rolle. Wenden Sie sich an eine Verwalterin oder einen Verwalter Ihrer Organisation.
problem-not-validated-title = Adresse nicht bestätigt
problem-not-validated-detail = Bestätigen Sie zuerst Ihre E-Mail-Adresse.
problem-authentication-too-old-title = Erneut anmelden
problem-authentication-too-old-detail = Diese Adresse verlangt eine frische Anmeldung. Melden Sie sich erneut an.
problem-choose-credentials-title = Berechtigung wählen
problem-choose-credentials-detail = Mehrere Berechtigungen passen. Nennen Sie eine davon in X-Portcullis-Use-Credentials.
problem-cross-origin-title = Von einer anderen Website verlangt
problem-cross-origin-detail = Eine andere Website hat dies in Ihrem Namen verlangt. Nichts wurde geändert.
problem-unavailable-title = Zurzeit nicht verfügbar
problem-unavailable-detail = Zurzeit lässt sich nicht entscheiden, wer eintreten darf. Versuchen Sie es gleich noch einmal.
problem-quota-title = Kontingent aufgebraucht
problem-quota-detail = Zu viele Anfragen. Warten Sie und machen Sie dann weiter.
problem-body-too-long-title = Inhalt zu lang
problem-body-too-long-detail = Der Inhalt ist länger, als diese Adresse annimmt.
problem-body-broken-title = Inhalt abgebrochen
problem-body-broken-detail = Der Inhalt endete zu früh.
problem-app-timeout-title = Die Anwendung antwortet nicht
problem-app-timeout-detail = Die Anwendung hinter dieser Adresse hat nicht rechtzeitig geantwortet.
problem-app-busy-title = Die Anwendung ist ausgelastet
problem-app-busy-detail = Alle Verbindungen zur Anwendung sind belegt. Versuchen Sie es gleich noch einmal.
problem-app-unreachable-title = Die Anwendung ist nicht erreichbar
problem-app-unreachable-detail = Die Anwendung hinter dieser Adresse ist nicht erreichbar oder antwortet Unverständliches.
problem-cut-title = Beendet
problem-cut-detail = Der Zugang, unter dem dies lief, ist beendet.
problem-no-key-in-body-title = Kein Schlüssel im Inhalt
problem-no-key-in-body-detail = Senden Sie den ganzen Schlüssel und nichts anderes als reinen Text.

## The page of a problem.

trouble-reference = Anfrage {$request}
