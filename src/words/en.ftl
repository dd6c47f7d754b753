### English: complete by definition.

## Problems: what a refused request is told.

problem-bad-host-title = Bad host
problem-bad-host-detail = The request must name exactly one well-formed host.
problem-bad-path-title = Ambiguous path
problem-bad-path-detail = The path could be read in more than one way. Send it in its plain form.
problem-bad-fields-title = Ambiguous header fields
problem-bad-fields-detail = The header fields contradict each other or repeat what may be said once.
problem-too-many-fields-title = Too many header fields
problem-too-many-fields-detail = The request has more header fields than are accepted here.
problem-bad-expectation-title = Expectation cannot be met
problem-bad-expectation-detail = Only 100-continue can be expected here.
problem-bad-upgrade-title = Upgrade refused
problem-bad-upgrade-detail = A WebSocket is asked for by a GET request without a body, on a route that takes them.
problem-method-not-passed-title = Method not passed on
problem-method-not-passed-detail = This method is never passed on.
problem-method-not-allowed-title = Method not allowed
problem-method-not-allowed-detail = This address takes other methods.
problem-misdirected-title = Wrong host
problem-misdirected-detail = This host is not served on this connection. Connect to it by its own name.
problem-not-found-title = Nothing here
problem-not-found-detail = There is nothing at this address.
problem-several-credentials-title = More than one credential
problem-several-credentials-detail = Send one credential only: a key or a session cookie, once.
problem-connection-bound-title = Connection-bound sign-in
problem-connection-bound-detail = NTLM and Negotiate cannot pass this gateway. Use another scheme.
problem-bad-key-title = Key not accepted
problem-bad-key-detail = The key is not accepted. With Basic, the user name is __key__ and the password is the key.
problem-nobody-title = Sign-in needed
problem-nobody-detail = Sign in, or send an API key.
problem-clear-text-title = Key over clear text
problem-clear-text-detail = Keys are taken over TLS only. Treat this one as leaked and make another.
problem-too-many-failures-title = Too many failures
problem-too-many-failures-detail = Too many attempts failed. Wait, then try again.
problem-method-not-accepted-title = Other credential needed
problem-method-not-accepted-detail = This address does not take this kind of credential.
problem-other-platform-title = Key for another platform
problem-other-platform-detail = This key was made for another platform. Use one that was made for this one.
problem-no-credentials-title = No access
problem-no-credentials-detail = You hold no credentials for this platform. Ask a manager of your organisation.
problem-credentials-not-held-title = Credentials not carried
problem-credentials-not-held-detail = The key does not carry the credentials that the request asks for.
problem-role-too-low-title = Role too low
problem-role-too-low-detail = This address needs a higher role. Ask a manager of your organisation.
problem-not-validated-title = Address not validated
problem-not-validated-detail = Validate your e-mail address first.
problem-authentication-too-old-title = Sign in again
problem-authentication-too-old-detail = This address wants a recent sign-in. Sign in again.
problem-choose-credentials-title = Choose credentials
problem-choose-credentials-detail = Several credentials fit. Name one of them in X-Portcullis-Use-Credentials.
problem-cross-origin-title = Asked for by another site
problem-cross-origin-detail = Another site asked for this in your name. Nothing was changed.
problem-unavailable-title = Not available now
problem-unavailable-detail = It cannot be decided now who may enter. Try again in a moment.
problem-quota-title = Quota used up
problem-quota-detail = Too many requests. Wait, then go on.
problem-body-too-long-title = Body too long
problem-body-too-long-detail = The body is longer than this address takes.
problem-body-broken-title = Body broken off
problem-body-broken-detail = The body ended early.
problem-app-timeout-title = The app did not answer
problem-app-timeout-detail = The app behind this address did not answer in time.
problem-app-busy-title = The app is busy
problem-app-busy-detail = All connections to the app are in use. Try again in a moment.
problem-app-unreachable-title = The app cannot be reached
problem-app-unreachable-detail = The app behind this address cannot be reached or answers nonsense.
problem-cut-title = Ended
problem-cut-detail = The access under which this ran has ended.
problem-no-key-in-body-title = No key in the body
problem-no-key-in-body-detail = Send the whole key, and nothing else, as plain text.

## The page of a problem.

trouble-reference = Request {$request}
