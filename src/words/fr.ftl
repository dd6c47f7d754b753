### French.

## Problems: what a refused request is told.

problem-bad-host-title = Hôte invalide
problem-bad-host-detail = La requête doit nommer exactement un hôte bien formé.
problem-bad-path-title = Chemin ambigu
problem-bad-path-detail = Le chemin peut se lire de plusieurs façons. Envoyez-le sous sa forme simple.
problem-bad-fields-title = En-têtes ambigus
problem-bad-fields-detail = Les en-têtes se contredisent ou répètent ce qui ne peut figurer qu’une fois.
problem-too-many-fields-title = Trop d’en-têtes
problem-too-many-fields-detail = La requête comporte plus d’en-têtes que le nombre accepté ici.
problem-bad-expectation-title = Attente impossible
problem-bad-expectation-detail = Seul 100-continue peut être attendu ici.
problem-bad-upgrade-title = Mise à niveau refusée
problem-bad-upgrade-detail = Un WebSocket se demande par une requête GET sans corps, sur une route qui les accepte.
problem-method-not-passed-title = Méthode non transmise
problem-method-not-passed-detail = Cette méthode n’est jamais transmise.
problem-method-not-allowed-title = Méthode non autorisée
problem-method-not-allowed-detail = Cette adresse accepte d’autres méthodes.
problem-misdirected-title = Mauvais hôte
problem-misdirected-detail = Cet hôte n’est pas servi sur cette connexion. Connectez-vous sous son propre nom.
problem-not-found-title = Rien ici
problem-not-found-detail = Il n’y a rien à cette adresse.
problem-several-credentials-title = Plusieurs justificatifs
problem-several-credentials-detail = Envoyez un seul justificatif : une clé ou un cookie de session, une fois.
problem-connection-bound-title = Authentification liée à la connexion
problem-connection-bound-detail = NTLM et Negotiate ne peuvent pas traverser cette passerelle. Utilisez un autre schéma.
problem-bad-key-title = Clé refusée
problem-bad-key-detail = La clé n’est pas acceptée. Avec Basic, le nom d’utilisateur est __key__ et le mot de passe est la clé.
problem-nobody-title = Connexion requise
problem-nobody-detail = Connectez-vous ou envoyez une clé d’API.
problem-clear-text-title = Clé en clair
problem-clear-text-detail = Les clés ne sont acceptées que sur TLS. Considérez celle-ci comme divulguée et créez-en une autre.
problem-too-many-failures-title = Trop d’échecs
problem-too-many-failures-detail = Trop de tentatives ont échoué. Attendez, puis réessayez.
problem-method-not-accepted-title = Autre justificatif requis
problem-method-not-accepted-detail = Cette adresse n’accepte pas ce type de justificatif.
problem-other-platform-title = Clé d’une autre plateforme
problem-other-platform-detail = Cette clé a été créée pour une autre plateforme. Utilisez-en une créée pour celle-ci.
problem-no-credentials-title = Pas d’accès
problem-no-credentials-detail = Vous n’avez pas d’accréditation pour cette plateforme. Adressez-vous à un gestionnaire de votre organisation.
problem-credentials-not-held-title = Accréditation absente
problem-credentials-not-held-detail = La clé ne porte pas l’accréditation demandée.
problem-role-too-low-title = Rôle insuffisant
problem-role-too-low-detail = Cette adresse exige un rôle plus élevé. Adressez-vous à un gestionnaire de votre organisation.
problem-not-validated-title = Adresse non validée
problem-not-validated-detail = Validez d’abord votre adresse électronique.
problem-authentication-too-old-title = Reconnectez-vous
problem-authentication-too-old-detail = Cette adresse exige une connexion récente. Reconnectez-vous.
problem-choose-credentials-title = Choisissez une accréditation
problem-choose-credentials-detail = Plusieurs accréditations conviennent. Nommez-en une dans X-Portcullis-Use-Credentials.
problem-cross-origin-title = Demandé par un autre site
problem-cross-origin-detail = Un autre site a demandé ceci en votre nom. Rien n’a été modifié.
problem-unavailable-title = Indisponible pour l’instant
problem-unavailable-detail = Impossible de décider pour l’instant qui peut entrer. Réessayez dans un moment.
problem-quota-title = Quota épuisé
problem-quota-detail = Trop de requêtes. Attendez, puis continuez.
problem-body-too-long-title = Corps trop long
problem-body-too-long-detail = Le corps est plus long que ce que cette adresse accepte.
problem-body-broken-title = Corps interrompu
problem-body-broken-detail = Le corps s’est terminé trop tôt.
problem-app-timeout-title = L’application ne répond pas
problem-app-timeout-detail = L’application derrière cette adresse n’a pas répondu à temps.
problem-app-busy-title = L’application est occupée
problem-app-busy-detail = Toutes les connexions à l’application sont utilisées. Réessayez dans un moment.
problem-app-unreachable-title = L’application est injoignable
problem-app-unreachable-detail = L’application derrière cette adresse est injoignable ou répond de façon incompréhensible.
problem-cut-title = Terminé
problem-cut-detail = L’accès sous lequel ceci s’exécutait a pris fin.
problem-no-key-in-body-title = Pas de clé dans le corps
problem-no-key-in-body-detail = Envoyez la clé entière, et rien d’autre, en texte brut.

## The page of a problem.

trouble-reference = Requête {$request}
