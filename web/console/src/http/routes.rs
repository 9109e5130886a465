//! The routes: which path is answered by whom, and who may ask.
//!
//! Whatever is not answered is refused with `{"refused":{"code":…,"text":…}}`, as on the control
//! socket.

use super::access::{self, Caller};
use super::query::query;
use super::{Peer, Site, stream};
use crate::assets::asset;
use hyper::body::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Instant;
use warp::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use warp::http::{Method, StatusCode};
use warp::path::FullPath;
use warp::reply::{Reply as _, Response};
use warp::{Filter, Rejection};
use web_api::{Order, Outcome, REQUEST_BYTES_MAX, Refusal, RefusalCode};

/// Path of everything but the page.
const API: &str = "/api/v1/";

/// Sent with every response. The page loads nothing from anywhere else, and nobody frames it.
const SECURITY_HEADERS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// A request without its body.
struct Asked {
    method: Method,
    path: String,
    parameters: BTreeMap<String, String>,
    caller: Caller,
}

/// Everything that the console answers; nothing is left to warp's own texts.
pub(super) fn routes(
    site: &Arc<Site>,
) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static + use<>
{
    let asked = warp::method()
        .and(warp::path::full())
        .and(warp::query())
        .and(warp::header::headers_cloned())
        .and(warp::ext::get())
        .map(
            |method, path: FullPath, parameters, headers: HeaderMap, peer: Peer| Asked {
                method,
                path: path.as_str().to_owned(),
                parameters,
                caller: Caller {
                    peer: peer.0,
                    headers,
                },
            },
        );
    let limit = u64::try_from(REQUEST_BYTES_MAX).expect("a length fits 64 bits");
    let body = warp::post()
        .and(warp::body::content_length_limit(limit))
        .and(warp::body::bytes())
        .or(warp::get()
            .or(warp::head())
            .unify()
            .or(warp::delete())
            .unify()
            .map(Bytes::new))
        .unify();
    let site = site.clone();
    asked
        .and(body)
        .then(move |asked: Asked, body: Bytes| {
            let site = site.clone();
            async move { respond(&site, asked, &body).await.unwrap_or_else(refuse) }
        })
        .recover(|rejection: Rejection| async move { Ok(refuse(explain(&rejection))) })
        .unify()
        .map(with_security_headers)
}

/// One line for each route.
async fn respond(site: &Site, asked: Asked, body: &[u8]) -> Result<Response, Refusal> {
    let Asked {
        method,
        path,
        parameters,
        caller,
    } = asked;
    access::check_host(site, &caller)?;
    let is_get = method == Method::GET || method == Method::HEAD;
    let Some(name) = path.strip_prefix(API) else {
        return if is_get {
            page(&path, &caller)
        } else {
            Err(wrong_method(&path))
        };
    };
    match (name, &method) {
        ("session", &Method::POST) => open_session(site, &caller, body),
        ("session", &Method::DELETE) => Ok(close_session(site, &caller)),
        ("session", _) => Ok(json(&session(site, &caller))),
        ("orders", &Method::POST) => order(site, &caller, body).await,
        ("stream", &Method::GET) => {
            access::check_read(site, &caller)?;
            stream::respond(site)
        }
        (name, _) if is_get && name != "orders" && name != "stream" => {
            access::check_read(site, &caller)?;
            Ok(json(&site.backend.query(query(name, parameters)?).await?))
        }
        _ => Err(wrong_method(&path)),
    }
}

fn page(path: &str, caller: &Caller) -> Result<Response, Refusal> {
    let Some(asset) = asset(path.trim_start_matches('/')) else {
        let text = format!("there is no {path}");
        return Err(Refusal::new(RefusalCode::NotFound, text));
    };
    let is_known = caller.header(header::IF_NONE_MATCH) == Some(asset.tag.as_str());
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        asset.bytes.into_owned().into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.mime));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let tag = HeaderValue::try_from(asset.tag).expect("hexadecimal digits in quotes");
    headers.insert(header::ETAG, tag);
    Ok(response)
}

/// What the page must know of the login.
#[derive(Serialize)]
struct SessionView {
    /// Who is logged in.
    user: Option<String>,
    /// Shown in the login form.
    hint: Option<String>,
    /// Whether nothing is shown without a login.
    login_to_read: bool,
}

fn session(site: &Site, caller: &Caller) -> SessionView {
    SessionView {
        user: access::user(site, caller).ok(),
        hint: site.login_hint.clone(),
        login_to_read: site.login_to_read,
    }
}

#[derive(Deserialize)]
struct LogIn {
    name: String,
    password: String,
}

fn open_session(site: &Site, caller: &Caller, body: &[u8]) -> Result<Response, Refusal> {
    access::check_post(caller)?;
    let LogIn { name, password } = parse(body)?;
    let now = Instant::now();
    let mut login = site.login();
    let user = login.verify(caller.peer, (&name, &password), now)?;
    tracing::info!(%user, peer = %caller.peer, "logged in");
    let token = login.open(user.clone(), now).map_err(|error| {
        Refusal::new(RefusalCode::Failed, format!("no random numbers: {error}"))
    })?;
    let view = SessionView {
        user: Some(user),
        hint: None,
        login_to_read: site.login_to_read,
    };
    let mut response = json(&view);
    response
        .headers_mut()
        .insert(header::SET_COOKIE, access::cookie(&token));
    Ok(response)
}

fn close_session(site: &Site, caller: &Caller) -> Response {
    if let Some(token) = caller.token() {
        site.login().close(token);
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    response
        .headers_mut()
        .insert(header::SET_COOKIE, access::cookie(""));
    response
}

async fn order(site: &Site, caller: &Caller, body: &[u8]) -> Result<Response, Refusal> {
    access::check_post(caller)?;
    let user = access::user(site, caller)?;
    let order: Order = parse(body)?;
    tracing::info!(%user, peer = %caller.peer, ?order, "ordered");
    match site.backend.order(order).await {
        done @ Outcome::Done { .. } => Ok(json(&done)),
        Outcome::Refused(refusal) => Err(refusal),
    }
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| Refusal::new(RefusalCode::BadRequest, error.to_string()))
}

fn wrong_method(path: &str) -> Refusal {
    Refusal::new(
        RefusalCode::MethodNotAllowed,
        format!("{path} does not take this method"),
    )
}

fn json(value: &impl Serialize) -> Response {
    let mut response = warp::reply::json(value).into_response();
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn refuse(refusal: Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.code.http_status());
    let mut response = json(&Outcome::Refused(refusal));
    *response.status_mut() = status.expect("all our codes are HTTP's");
    response
}

/// The response to a request that took too long to arrive or to be carried out.
pub(super) fn too_slow() -> Response {
    refuse(Refusal::new(
        RefusalCode::Timeout,
        "the request took too long",
    ))
}

fn explain(rejection: &Rejection) -> Refusal {
    let (code, text) = if rejection.find::<warp::reject::PayloadTooLarge>().is_some() {
        (
            RefusalCode::TooLarge,
            format!("a body has at most {REQUEST_BYTES_MAX} bytes"),
        )
    } else if rejection.find::<warp::reject::LengthRequired>().is_some() {
        (
            RefusalCode::BadRequest,
            "a body needs a Content-Length".to_owned(),
        )
    } else if rejection.find::<warp::reject::MethodNotAllowed>().is_some() {
        (
            RefusalCode::MethodNotAllowed,
            "this server does not take this method".to_owned(),
        )
    } else {
        (
            RefusalCode::BadRequest,
            "not a request that this server understands".to_owned(),
        )
    };
    Refusal::new(code, text)
}

fn with_security_headers(mut response: Response) -> Response {
    for (name, value) in SECURITY_HEADERS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
