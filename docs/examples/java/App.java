// An app that believes nobody but the gate: it verifies X-Portcullis-Jwt-Assertion on each request.
// Java 17 or later, and Jackson to read JSON (com.fasterxml.jackson.core:jackson-databind).
//
//     ISSUER=https://gate.example.com AUDIENCE=wiki PORT=3000 java -cp 'lib/*' App.java

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;

public final class App {
    static final String ISSUER = System.getenv("ISSUER"); // the gate's public_url
    static final String AUDIENCE = System.getenv("AUDIENCE"); // the slug of this app's platform
    static final long LEEWAY = 5; // seconds by which our clock may differ
    static final ObjectMapper JSON = new ObjectMapper();

    /** The request carries no assertion that can be believed. */
    static final class NotTheGate extends Exception {
        NotTheGate(String why) {
            super(why);
        }
    }

    /** The gate's public keys by kid, kept for ten minutes, read again when a kid is not among them. */
    static final class Keys {
        private static final Duration KEPT = Duration.ofMinutes(10);
        private static final Duration PAUSE = Duration.ofSeconds(5);
        private final HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
        private Map<String, PublicKey> known = Map.of();
        private Instant read = Instant.EPOCH;
        private Instant tried = Instant.EPOCH;

        synchronized PublicKey get(String kid) throws NotTheGate, IOException {
            Instant now = Instant.now();
            boolean wanted = !known.containsKey(kid) && now.isAfter(tried.plus(PAUSE));
            if (now.isAfter(read.plus(KEPT)) || wanted) {
                tried = now;
                known = fetch();
                read = now;
            }
            PublicKey key = known.get(kid);
            if (key == null) {
                throw new NotTheGate("a key that is not the gate's");
            }
            return key;
        }

        private Map<String, PublicKey> fetch() throws IOException {
            URI address = URI.create(ISSUER + "/.well-known/jwks.json");
            HttpRequest request = HttpRequest.newBuilder(address).timeout(Duration.ofSeconds(5)).build();
            try {
                HttpResponse<byte[]> answer = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
                if (answer.statusCode() != 200) {
                    throw new IOException("the key set: " + answer.statusCode());
                }
                AlgorithmParameters curve = AlgorithmParameters.getInstance("EC");
                curve.init(new ECGenParameterSpec("secp256r1"));
                ECParameterSpec p256 = curve.getParameterSpec(ECParameterSpec.class);
                Map<String, PublicKey> keys = new HashMap<>();
                for (JsonNode jwk : JSON.readTree(answer.body()).path("keys")) {
                    if (jwk.path("kid").isTextual() && jwk.path("crv").asText().equals("P-256")) {
                        ECPoint point = new ECPoint(number(jwk.path("x")), number(jwk.path("y")));
                        ECPublicKeySpec spec = new ECPublicKeySpec(point, p256);
                        keys.put(jwk.path("kid").asText(), KeyFactory.getInstance("EC").generatePublic(spec));
                    }
                }
                return keys;
            } catch (InterruptedException | GeneralSecurityException | IllegalArgumentException error) {
                throw new IOException(error);
            }
        }

        private static BigInteger number(JsonNode text) {
            return new BigInteger(1, Base64.getUrlDecoder().decode(text.asText()));
        }
    }

    static final Keys KEYS = new Keys();

    private static JsonNode part(String text) throws NotTheGate {
        try {
            JsonNode value = JSON.readTree(Base64.getUrlDecoder().decode(text));
            if (value != null && value.isObject()) {
                return value;
            }
        } catch (IOException | IllegalArgumentException error) {
            // Said below.
        }
        throw new NotTheGate("not an assertion");
    }

    private static boolean isSigned(String[] parts, PublicKey key) {
        try {
            Signature check = Signature.getInstance("SHA256withECDSAinP1363Format");
            check.initVerify(key);
            check.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
            return check.verify(Base64.getUrlDecoder().decode(parts[2]));
        } catch (GeneralSecurityException | IllegalArgumentException error) {
            return false;
        }
    }

    /** The claims of the request's assertion. An IOException means that the keys cannot be had. */
    static JsonNode caller(HttpExchange request) throws NotTheGate, IOException {
        List<String> found = request.getRequestHeaders().getOrDefault("X-Portcullis-Jwt-Assertion", List.of());
        if (found.size() != 1) {
            throw new NotTheGate("one assertion is needed");
        }
        String[] parts = found.get(0).split("\\.", -1);
        if (parts.length != 3) {
            throw new NotTheGate("not an assertion");
        }
        JsonNode head = part(parts[0]);
        boolean ours = head.path("alg").asText().equals("ES256") // never another, whatever the token says
                && head.path("typ").asText().equals("portcullis-assertion+jwt");
        if (!ours || head.has("crit") || !head.path("kid").isTextual()) {
            throw new NotTheGate("not an assertion");
        }
        if (!isSigned(parts, KEYS.get(head.path("kid").asText()))) {
            throw new NotTheGate("the signature is wrong");
        }
        JsonNode claims = part(parts[1]);
        long now = Instant.now().getEpochSecond();
        if (!claims.path("iss").asText().equals(ISSUER)) {
            throw new NotTheGate("of another issuer");
        }
        if (!claims.path("aud").asText().equals(AUDIENCE)) {
            throw new NotTheGate("for another platform");
        }
        if (!claims.path("sub").isTextual()) {
            throw new NotTheGate("about nobody");
        }
        if (!claims.path("exp").isNumber() || claims.path("exp").asLong() + LEEWAY <= now) {
            throw new NotTheGate("too old");
        }
        if (!claims.path("nbf").isNumber() || claims.path("nbf").asLong() - LEEWAY > now) {
            throw new NotTheGate("not valid yet");
        }
        return claims;
    }

    static void answer(HttpExchange request) throws IOException {
        int status = 200;
        Map<String, String> told = new HashMap<>();
        try {
            JsonNode claims = caller(request);
            told.put("user", claims.path("preferred_username").asText());
            told.put("account", claims.path("sub").asText());
        } catch (NotTheGate error) {
            status = 401;
            told.put("error", error.getMessage());
        } catch (IOException error) { // nobody is let in, but it is not the caller's fault
            status = 503;
            told.put("error", "the gate's keys cannot be had");
        }
        byte[] body = bytes(told);
        request.getResponseHeaders().set("Content-Type", "application/json");
        request.sendResponseHeaders(status, body.length);
        request.getResponseBody().write(body);
        request.close();
    }

    private static byte[] bytes(Map<String, String> told) throws JsonProcessingException {
        return JSON.writeValueAsBytes(told);
    }

    public static void main(String[] arguments) throws IOException {
        int port = Integer.parseInt(System.getenv("PORT"));
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", App::answer);
        server.start();
    }
}
