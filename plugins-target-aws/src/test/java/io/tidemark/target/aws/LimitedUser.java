package io.tidemark.target.aws;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.spi.recovery.RecoverySite;
import io.tidemark.tck.hypervisor.TckProviderContext;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A user of moto's IAM who may do some things only, and a target that is open in this user's name, on moto itself. */
final class LimitedUser implements AutoCloseable {
    private final AwsLab lab;
    private final HttpClient http = HttpClient.newHttpClient();
    private final RecoverySite site;

    LimitedUser(AwsLab lab, Set<String> allowed) throws Exception {
        this.lab = lab;
        iam("Action=CreateUser&UserName=limited");
        String actions = allowed.stream().map(each -> '"' + each + '"').collect(Collectors.joining(","));
        String policy = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[" + actions
                + "],\"Resource\":\"*\"}]}";
        iam("Action=PutUserPolicy&UserName=limited&PolicyName=p&PolicyDocument="
                + URLEncoder.encode(policy, StandardCharsets.UTF_8));
        String keys = iam("Action=CreateAccessKey&UserName=limited");
        enforce("0");
        this.site = (RecoverySite) new AwsTargetFactory()
                .open(
                        lab.config(Map.of(
                                "endpoint",
                                lab.moto().uri(),
                                "access-key-id",
                                part(keys, "AccessKeyId"),
                                "secret-access-key",
                                part(keys, "SecretAccessKey"))),
                        new TckProviderContext("limited", Files.createTempDirectory("limited-"), lab.network()),
                        AwsLab.deadline());
    }

    RecoverySite site() {
        return site;
    }

    private String iam(String form) throws Exception {
        return post("/", "application/x-www-form-urlencoded", form + "&Version=2010-05-08");
    }

    /** moto lets the next so many requests pass unchecked. */
    private void enforce(String after) throws Exception {
        post("/moto-api/reset-auth", "text/plain", after);
    }

    private String post(String path, String type, String body) throws Exception {
        HttpResponse<String> answer = http.send(
                HttpRequest.newBuilder(URI.create(lab.moto().uri() + path))
                        .header("Content-Type", type)
                        .header(
                                "Authorization",
                                "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/iam/aws4_request,"
                                        + " SignedHeaders=host, Signature=x")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertEquals(200, answer.statusCode(), answer::body);
        return answer.body();
    }

    private static String part(String text, String name) {
        Matcher matcher =
                Pattern.compile("<" + name + ">([^<]+)</" + name + ">").matcher(text);
        if (!matcher.find()) {
            throw new IllegalStateException("no " + name + " in " + text);
        }
        return matcher.group(1);
    }

    @Override
    public void close() throws Exception {
        site.close();
        enforce("1000000000");
        http.close();
    }
}
